"""Counts what the reference of the modules says of every public class and function, from Doxygen's
XML, and fails on gaps: nothing said at all, a parameter that is not described, a result of which
neither a brief nor @return speaks, a function that throws by itself and has no @throws.

Constructors and operators that the language itself gives a meaning (copy, move, assignment,
comparison, destruction) need no words. An overload whose text begins with "The same" need not
repeat what another says.
"""

import re
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
XML = ROOT / "build" / "docs" / "xml"

SAME = re.compile(r"The same(,|\.| of\b| on\b| at\b| for\b)")
# A line of a source that begins a function, and its name, with the class that it is a member of.
HEAD = re.compile(r"(?![\s/#}]).*?\b((?:\w+::)?(?:operator\W+?|\w+))\(")
THROW = "throw std::"


def text_of(node, *names):
    return "".join("".join(part.itertext()) for name in names
                   if (part := node.find(name)) is not None).strip()


def short(owner):
    return owner.split("::")[-1].split("<")[0]


def is_plain(member, owner):
    """Whether the language says what it does."""
    name = member.findtext("name")
    arguments = member.findtext("argsstring") or ""
    if name.startswith("~") or name in ("operator=", "operator==") or arguments.endswith(("=default", "=delete")):
        return True
    return name == short(owner) and (arguments.startswith("()") or re.match(
        rf"\((const )?{short(owner)} &", arguments) is not None)


def returns(member, owner):
    return (member.findtext("name") != short(owner)
            and text_of(member, "type").split()[-1:] not in ([], ["void"]))


def has(member, tag, kind):
    return any(part.get("kind") == kind for part in member.iter(tag))


def throwing_in(source):
    """The functions of a source, `Class::function` or `function`, that contain a throw."""
    names, current = set(), None
    for line in source.read_text().splitlines():
        if re.match(r"(class|struct|namespace)\b", line):
            current = None
        elif match := HEAD.match(line):
            current = match[1]
        if THROW in line and current:
            names.add(current)
    return names


def implementations_of(interface):
    """The sources of an interface's module, next to it."""
    part = re.compile(rf"^module nn\.{interface.stem};", re.MULTILINE)
    return [source for source in sorted(interface.parent.glob("*.cpp")) if part.search(source.read_text())]


def throws(member, owner, root):
    """Whether the function itself contains a throw; what throws in those that it calls is not
    seen."""
    where = member.find("location")
    if where is None:
        return False
    module = root / where.get("file")
    first, last = int(where.get("bodystart", -1)), int(where.get("bodyend", -1))
    if last > 0:
        return any(THROW in line for line in module.read_text().splitlines()[first - 1:last])
    name = member.findtext("name")
    return any({name, f"{short(owner)}::{name}"} & throwing_in(source)
               for source in implementations_of(module))


def gaps_of(member, owner, overloads, root):
    """The gaps of one function; overloads are all of its name, itself among them."""
    if is_plain(member, owner):
        return []
    name = f"{owner}::{member.findtext('name')}{member.findtext('argsstring') or ''}"
    brief = text_of(member, "briefdescription")
    if not brief and not text_of(member, "detaileddescription"):
        return [f"{name}: no documentation"]
    if SAME.match(brief) and len(overloads) > 1:
        return []
    described = {item.findtext("parametername") for item in member.iter("parameternamelist")}
    named = [p.findtext("declname") for p in member.findall("param") if p.findtext("declname")]
    gaps = [f"{name}: parameter {n} is not described" for n in named if n not in described]
    if returns(member, owner) and not brief and not has(member, "simplesect", "return"):
        gaps.append(f"{name}: the return value is not described")
    # Which of several overloads a source defines is not looked at: one that says it will do.
    if throws(member, owner, root) and not any(
            has(overload, "parameterlist", "exception") for overload in overloads):
        gaps.append(f"{name}: it throws, but has no @throws")
    return gaps


def check(folder=XML, root=ROOT):
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
                    gaps.append(f"{owner}: no documentation")
        members = [member for member in compound.iter("memberdef")
                   if member.get("kind") == "function" and member.get("prot") == "public"]
        count += len(members)
        for member in members:
            overloads = [m for m in members if m.findtext("name") == member.findtext("name")]
            gaps += gaps_of(member, owner, overloads, root)
    return gaps, count


def main():
    gaps, count = check()
    for gap in gaps:
        print(gap, file=sys.stderr)
    print(f"{count} public classes and functions, {len(gaps)} gaps in their documentation")
    return 1 if gaps or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
