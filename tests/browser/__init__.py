"""Tests that need Chromium; a package, so that its browser is closed when they are done."""
