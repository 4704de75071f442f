"""Parts of the exercises of long chapters; the tasks of the chapter put them in order."""
