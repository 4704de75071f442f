"""Cut STIX Two Math to the letters and signs that formulas of this book use.

Source: the npm package @fontsource/stix-two-math (SIL Open Font License 1.1, no reserved name).
Run `npm ci --ignore-scripts` first, then `python tools/make_math_font.py`; the result and the
licence are committed in assets/site/fonts.
"""

import shutil
import sys
from pathlib import Path

from fontTools import subset

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "node_modules/@fontsource/stix-two-math"
SOURCE = PACKAGE / "files/stix-two-math-latin-400-normal.woff2"
TARGET = ROOT / "assets/site/fonts/stix-two-math.woff2"

# What KaTeX can write with the macros of a course on networks: one line for each kind of sign.
RANGES = """
U+20-7E U+A0 U+AC U+B0-B1 U+B4 U+B7 U+D7 U+F7
U+2C6-2C7 U+2D8-2DD U+300-304 U+306-308 U+30A U+30C U+338
U+391-3A9 U+3B1-3C9 U+3D1 U+3D5-3D6 U+3F0-3F1 U+3F5
U+2010-2016 U+2018-201D U+2020-2022 U+2026 U+2032-2034 U+203E U+2044 U+2061-2064
U+20D7 U+210B U+2102 U+210D U+2110 U+2112 U+2113 U+2115 U+2119-211A U+211B U+211D U+2124
U+212C U+2130-2131 U+2133 U+2135 U+2190-2199 U+21A6 U+21D0-21D5 U+21A9-21AA U+27F5-27FA
U+2200-220B U+220F-2213 U+2216-221A U+221D-221E U+2223-222E U+2234-2235 U+223C U+2243 U+2245
U+2248 U+224D U+2254 U+225C U+2260-2261 U+2264-2265 U+226A-226B U+2282-2287 U+228E U+2293-2299
U+22A4-22A5 U+22C0-22C3 U+22C5-22C6 U+22EE-22F1
U+2308-230B U+23B4-23B5 U+23DC-23DF U+25A1 U+25B3 U+25CB U+2A00-2A06 U+2A2F
U+27E8-27E9 U+27EE-27EF
U+1D400-1D433 U+1D434-1D49B U+1D49C-1D4CF U+1D538-1D56B U+1D6A8-1D6E1 U+1D6E2-1D755 U+1D7CE-1D7D7
"""


def main() -> int:
    """Write the subset and its licence; say the size."""
    if not SOURCE.exists():
        print("The full font is missing: run `npm ci --ignore-scripts` first.")
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    codes = ",".join(RANGES.split())
    subset.main(
        [
            str(SOURCE),
            f"--unicodes={codes}",
            "--layout-features=ssty,dtls,flac,ccmp,mark,mkmk,kern",
            "--flavor=woff2",
            "--no-recalc-timestamp",
            f"--output-file={TARGET}",
        ]
    )
    shutil.copyfile(PACKAGE / "LICENSE", TARGET.with_name("LICENSE-stix-two-math.txt"))
    print(f"{TARGET.relative_to(ROOT)}: {TARGET.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
