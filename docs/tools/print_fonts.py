"""The typefaces of the PDF: one file for each weight, since WeasyPrint does not set variable ones, with the
characters that the book uses.
"""

from pathlib import Path

from fontTools.varLib.instancer import instantiateVariableFont

from fonts import folder_of, subset

SERIF, LABEL, CODE = (("source_serif_4", "SourceSerif4"), ("libre_franklin", "LibreFranklin"),
                      ("inconsolata", "Inconsolata"))
# Family, style and weight: the package and the file, and where on its axes.
FACES = {("Text", "normal", 400): (SERIF, "[opsz,wght]", {"opsz": 11}),
         ("Text", "normal", 700): (SERIF, "[opsz,wght]", {"opsz": 11}),
         ("Text", "italic", 400): (SERIF, "-Italic[opsz,wght]", {"opsz": 11}),
         ("Title", "normal", 400): (SERIF, "[opsz,wght]", {"opsz": 48}),
         ("Label", "normal", 400): (LABEL, "[wght]", {}),
         ("Label", "normal", 700): (LABEL, "[wght]", {}),
         ("Code", "normal", 400): (CODE, "[wdth,wght]", {"wdth": 100}),
         ("Code", "normal", 700): (CODE, "[wdth,wght]", {"wdth": 100})}
FOLDER = Path(__file__).resolve().parents[2] / "build" / "docs" / "print_fonts"


def style():
    """The rules of CSS that load the faces."""
    return "\n".join(f"@font-face {{ font-family: '{family}'; font-style: {slant}; font-weight: {weight}; "
                     f"src: url('{face(family, slant, weight).as_uri()}'); }}"
                     for family, slant, weight in FACES)


def face(family, slant="normal", weight=400):
    """The file of a face, which is written if it is missing."""
    file = FOLDER / f"{family}-{slant}-{weight}.ttf"
    if not file.exists() or file.stat().st_mtime < Path(__file__).stat().st_mtime:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (package, stem), axes, place = FACES[family, slant, weight]
        font = subset(folder_of(package) / "files" / f"{stem}{axes}.ttf", ["*"])
        instantiateVariableFont(font, {"wght": weight, **place}).save(file)
    return file
