"""Counts what the reference of the modules says of every public class and function, from Doxygen's XML,
and fails on gaps: nothing said at all, or a parameter left out where others are described.

Constructors and operators that the language itself gives a meaning (copy, move, assignment,
comparison, destruction) need no words.
"""

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

XML = Path(__file__).resolve().parents[2] / "build" / "docs" / "xml"


def text_of(node, *names):
    return "".join("".join(part.itertext()) for name in names
                   if (part := node.find(name)) is not None).strip()


def is_plain(member, owner):
    """Whether the language says what it does."""
    name = member.findtext("name")
    arguments = member.findtext("argsstring") or ""
    short = owner.split("::")[-1].split("<")[0]
    if name.startswith("~") or name in ("operator=", "operator==") or "=default" in arguments:
        return True
    return name == short and (arguments.startswith("()") or re.match(
        rf"\((const )?{short} &", arguments) is not None)


def gaps_of(member, owner):
    name = f"{owner}::{member.findtext('name')}{member.findtext('argsstring') or ''}"
    if not text_of(member, "briefdescription", "detaileddescription"):
        return [] if is_plain(member, owner) else [f"{name}: nothing is said of it"]
    described = {item.findtext("parametername")
                 for item in member.iter("parameternamelist")}
    named = [p.findtext("declname") for p in member.findall("param") if p.findtext("declname")]
    if not described:
        return []
    return [f"{name}: parameter {n} is not described" for n in named if n not in described]


def check(folder=XML):
    """(gaps, how many classes and functions were looked at)"""
    gaps, count = [], 0
    for file in sorted(folder.glob("*.xml")):
        compound = ET.parse(file).getroot().find("compounddef")
        if compound is None or compound.get("kind") not in ("class", "struct", "namespace"):
            continue
        owner = compound.findtext("compoundname")
        if not owner.startswith("nn") or "detail" in owner or compound.get("prot") == "private":
            continue
        if compound.get("kind") != "namespace":
            count += 1
            if not text_of(compound, "briefdescription", "detaileddescription"):
                if owner.split("::")[-1] != "Options":
                    gaps.append(f"{owner}: nothing is said of it")
        for member in compound.iter("memberdef"):
            if member.get("kind") == "function" and member.get("prot") == "public":
                count += 1
                gaps += gaps_of(member, owner)
    return gaps, count


def main():
    gaps, count = check()
    for gap in gaps:
        print(gap, file=sys.stderr)
    print(f"the reference speaks of {count} public classes and functions; {len(gaps)} gaps")
    return 1 if gaps or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
