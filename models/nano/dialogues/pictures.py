"""Questions about a drawn scene whose content is known."""

from collections import Counter

from scenes import COLOUR_NAMES, SHAPES

from .arithmetic import in_words
from .grammar import Turn, exactly, expand, pick

WHERE = ["at the top left", "at the top", "at the top right", "on the left", "in the centre", "on the right", "at the bottom left", "at the bottom", "at the bottom right"]
PLAIN = "I see no simple shapes in this picture."
SPELLING = "(colour|color)"


def plural(kind, n=2):
    return kind if n == 1 else kind + "s"


def a(word):
    return ("an " if word[0] in "aeiou" else "a ") + word


def phrase(n, colour, kind):
    return a(f"{colour} {kind}") if n == 1 else f"{in_words(n)} {colour} {plural(kind, n)}"


def joined(parts):
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def groups(scene):
    """(kind, colour) -> count in a fixed order: by shape, then colour."""
    tally = Counter((s.kind, s.colour) for s in scene.shapes)
    return sorted(tally.items(), key=lambda item: (SHAPES.index(item[0][0]), COLOUR_NAMES.index(item[0][1])))


def describe(rng, scene):
    ask = pick(rng, ["What do you see (in this picture|in the picture|here|in this image|)?", "What is (in|on) (this|the) (picture|image|drawing|photo)?", "Describe (this|the) (picture|image|drawing)(.|, please.)", "What is this?", "What's this?",
                     "What (have I drawn|did I draw|is drawn here)?", "(Which|What) shapes (do you see|are there|are in the picture|can you see)?", "(Tell me|Say) what you see.", "Can you (describe|see) (this|the) (picture|image)?", "Look at this.", "What can you see?"])  # fmt: skip
    if not scene.shapes:
        return Turn("describe", expand(rng, ask), PLAIN, ["no simple shapes"])
    answer = "I see " + joined([phrase(n, colour, kind) for (kind, colour), n in groups(scene)]) + "."
    return Turn("describe", expand(rng, ask), answer, [exactly(answer)])


def shape(rng, scene):
    """Only where all shapes are of one kind."""
    kinds = {s.kind for s in scene.shapes}
    if len(kinds) != 1:
        return shape_of_colour(rng, scene)
    kind, n = scene.shapes[0].kind, len(scene.shapes)
    ask = pick(rng, ["(What|Which) shape is (this|it|that|in the picture|shown|drawn|here)?", "(What|Which) (kind of |)shape (do you see|is there)?", "Name the shape.", "What is the (name of the |)shape?"])
    answer = f"It is {a(kind)}." if n == 1 else f"They are {plural(kind)}."
    return Turn("shape", expand(rng, ask), answer, [rf"\b{kind}s?\.$"])


def shape_of_colour(rng, scene):
    """Only for a colour that one shape alone has."""
    colours = Counter(s.colour for s in scene.shapes)
    single = [s for s in scene.shapes if colours[s.colour] == 1]
    if not single:
        return None
    s = pick(rng, single)
    ask = expand(rng, pick(rng, [f"(What|Which) shape is {s.colour}?", f"(What|Which) (kind of |)shape (has|is) the {s.colour} (one|thing|object|shape)?", f"What is the {s.colour} (one|thing|shape)?"]))
    return Turn("shape", ask, f"The {s.colour} shape is {a(s.kind)}.", [rf"is an? {s.kind}\.$"])


def colour(rng, scene):
    """Only for a kind whose shapes share one colour."""
    if not scene.shapes:
        return None
    kind = pick(rng, scene.shapes).kind
    those = [s for s in scene.shapes if s.kind == kind]
    if len({s.colour for s in those}) != 1:
        return None
    name, n = those[0].colour, len(those)
    noun, verb = plural(kind, n), "is" if n == 1 else "are"
    ask = pick(rng, [f"(What|Which) {SPELLING} {verb} the {noun}?", f"What is the {SPELLING} of the {noun}?", f"(Tell me|Name|Say) the {SPELLING} of the {noun}.", f"The {noun} {verb} (what|which) {SPELLING}?"])
    if len({s.kind for s in scene.shapes}) == 1 and rng.random() < 0.3:
        ask = pick(rng, [f"(What|Which) {SPELLING} {'is it' if n == 1 else 'are they'}?", f"(What|Which) {SPELLING} (is|has) (the shape|this shape|this|it)?", f"(What|Which) {SPELLING} do you see?"])
    return Turn("colour", expand(rng, ask), f"The {noun} {verb} {name}.", [rf"\b{name}\.$"])


def count(rng, scene):
    """How many of a kind, of a colour, of both, or altogether; zero too."""
    form = rng.choice(4, p=(0.55, 0.05, 0.15, 0.25))
    s = pick(rng, scene.shapes) if scene.shapes and rng.random() < 0.92 else None
    kind, name = (s.kind, s.colour) if s else (pick(rng, SHAPES), pick(rng, COLOUR_NAMES))
    n, many, one = [
        (sum(o.kind == kind for o in scene.shapes), plural(kind), kind),
        (sum(o.colour == name for o in scene.shapes), f"{name} shapes", f"{name} shape"),
        (sum((o.kind, o.colour) == (kind, name) for o in scene.shapes), f"{name} {plural(kind)}", f"{name} {kind}"),
        (len(scene.shapes), "shapes", "shape"),
    ][form]
    ask = pick(rng, [f"How many {many} (are there|do you see|can you see|are in the picture|are in this picture|are in the image|are here|)?", f"(Count|Please count) the {many}.", f"(What is|Tell me) the number of {many}(.|?)", f"How many {many} (did I draw|have I drawn)?", f"How many {many}?"])
    return Turn("count", expand(rng, ask), _there(n, many, one), [rf"\b{in_words(n) if n != 1 else 'one'}\b" if n else r"\bno\b"])


def _there(n, many, one):
    if n == 0:
        return f"There are no {many}."
    return f"There is one {one}." if n == 1 else f"There are {in_words(n)} {many}."


def place(rng, scene):
    """Only for a kind that is there once, at a place nobody would argue about."""
    kinds = Counter(s.kind for s in scene.shapes)
    clear = [s for s in scene.shapes if kinds[s.kind] == 1 and s.place >= 0]
    if not clear:
        return None
    s = pick(rng, clear)
    noun = pick(rng, [s.kind, s.kind, f"{s.colour} {s.kind}"])
    ask = pick(rng, [f"Where is the {noun}?", f"(Where do you see|Where can you see|Where did I draw) the {noun}?", f"(In which|In what) (part|corner|place) is the {noun}?", f"(What is|Tell me) the (place|position) of the {noun}(.|?)"])
    return Turn("place", expand(rng, ask), f"The {s.kind} is {WHERE[s.place]}.", [rf"is {WHERE[s.place]}\.$"])


def beside(rng, scene):
    """Which of two shapes is further left, right, up or down; only with a clear distance."""
    if len(scene.shapes) != 2 or scene.shapes[0].kind == scene.shapes[1].kind:
        return None
    first, second = scene.shapes
    sideways = rng.random() < 0.5
    gap = first.x - second.x if sideways else first.y - second.y
    if abs(gap) < 0.2:
        return None
    low, high = (first, second) if gap < 0 else (second, first)
    want_low = rng.random() < 0.5
    target = low if want_low else high
    side = ("(on|to) the left", "(on|to) the right") if sideways else ("(at|on) (the |)top", "(at|on) (the |)bottom")
    ask = f"(What|Which shape|What shape) is {side[0 if want_low else 1]}?"
    return Turn("place", expand(rng, ask), f"The {target.colour} {target.kind}.", [rf"{target.colour} {target.kind}"])


def exists(rng, scene):
    s = pick(rng, scene.shapes) if scene.shapes and rng.random() < 0.5 else None
    kind, name = (s.kind, s.colour) if s else (pick(rng, SHAPES), pick(rng, COLOUR_NAMES))
    with_colour = rng.random() < 0.5
    there = any(o.kind == kind and (o.colour == name or not with_colour) for o in scene.shapes)
    noun = a(f"{name} {kind}" if with_colour else kind)
    ask = pick(rng, [f"Is there {noun} (in the picture|here|in this picture|)?", f"(Do|Can) you see {noun}?", f"Did I draw {noun}?", f"Is {noun} in (the|this) picture?"])
    answer = f"Yes, there is {noun}." if there else f"No, there is not {noun}.".replace("not a ", "no ").replace("not an ", "no ")
    return Turn("exists", expand(rng, ask), answer, ["^yes" if there else "^no"])


def wish(rng, scene):
    """In one word, or as JSON: for pictures of one kind in one colour."""
    if len(groups(scene)) != 1:
        return None
    ((kind, name), n) = groups(scene)[0]
    if rng.random() < 0.5:
        answer = f'{{"shape": "{kind}", "colour": "{name}", "count": {n}}}'
        return Turn("picture wish", expand(rng, "(Describe the picture|What do you see|Describe this|What is in the picture|What is this) (as JSON|in JSON|as a JSON object)(.|?)"), answer, [exactly(answer)])
    topic, answer = pick(rng, [("(What|Which) shape is it?", kind), (f"(What|Which) {SPELLING} is it?", name), ("How many shapes are there?", in_words(n))])
    answer = answer.capitalize() + "."
    form = pick(rng, ["In one word: {}", "{} (Answer|Reply) (in|with) one word.", "{} One word(, please|)."])
    return Turn("picture wish", expand(rng, form).format(expand(rng, topic)), answer, [exactly(answer)])


def turn(rng, scene):
    """A question that this scene can answer."""
    while True:
        make = rng.choice(9, p=(0.08, 0.18, 0.2, 0.36, 0.06, 0.02, 0.04, 0.03, 0.03))
        made = (describe, shape, colour, count, place, beside, exists, wish, shape_of_colour)[make](rng, scene)
        if made:
            return made
