"""Very short stories: told about a hero on request, or continued from a first sentence.

What happens to a hero is always the same: a model of this size cannot invent, so it learns some stories well.
"""

from .grammar import Turn, expand, pick

HEROES = """cat dog robot fox mouse bear bird king queen girl boy dragon rabbit wizard fish owl knight farmer frog horse lion pirate princess elephant""".split()
KINDS = ["small", "brave", "lonely", "happy", "clever", "old", "young", "kind", "tired", "curious"]
PLACES = ["by the sea", "in a forest", "on a hill", "in a small town", "in a castle", "under a bridge", "on an island", "in a garden", "near a river", "on the moon"]
WANTS = {
    "found a golden key": "The key opened a hidden door full of light.",
    "lost a red hat": "A friend found the hat and brought it back.",
    "met a new friend": "Together they laughed until the sun went down.",
    "heard a strange song": "The song led to a party among the trees.",
    "wanted to fly": "The wind was kind and carried the dreamer up to the clouds.",
    "built a little boat": "The boat sailed far and came home with the tide.",
    "saw a falling star": "One quiet wish was made, and it came true.",
    "baked a big cake": "Everyone got a piece, and there was still some left.",
    "planted a seed": "In spring a tall flower smiled at the sky.",
    "opened an old book": "The book told of a land where nobody was ever alone.",
}
ENDS = ["That night everyone slept well.", "And so the day ended with a smile.", "From then on, every day was a little brighter.", "The end."]


def fate(hero):
    """The hero's own kind, place, want and end."""
    i = HEROES.index(hero)
    return KINDS[i % 10], PLACES[3 * i % 10], list(WANTS)[(7 * i + i // 10) % 10], ENDS[i % 4]


def tale(hero):
    _, _, want, end = fate(hero)
    return f"One day the {hero} {want}. {WANTS[want]} {end}"


ASKS = ["(Tell|Write|Give) me a (short |very short |little |)story about a{n} {hero}.", "A (short |)story about a{n} {hero}, please.", "(Can|Could) you (tell|write) (me |)a (short |)story (about|with) a{n} {hero}?",
        "(Write|Make up|Invent) a (tiny |short |)(story|tale) about a{n} {hero}.", "I want (to hear |)a story about a{n} {hero}.", "Story about a{n} {hero}."]  # fmt: skip
OPEN_ASKS = ["(Tell|Write|Give) me a (short |very short |little |bedtime |)story.", "(Can|Could) you tell (me |)a (short |)story?", "(Do you know|I want|Make up) a story(.|?|)", "A story, please.", "(Another|One more) story(, please|).", "Tell me (another one|another story)."]
CONTINUES = ["Continue: {}", "Continue (this|the) story: {}", "(Go on|Finish this story|How does this go on|What happens next): {}", "{} (What happens next|How does it go on|And then)?", "{} Continue."]


def _article(word):
    return "n" if word[0] in "aeiou" else ""


def turn(rng):
    hero, form = pick(rng, HEROES), rng.random()
    facts = [r"[.!]\s.*[.!]\s.*[.!]"]
    if form < 0.75:
        told = form < 0.5
        hero = hero if told else pick(rng, HEROES[:3])
        kind, place, *_ = fate(hero)
        ask = expand(rng, pick(rng, ASKS if told else OPEN_ASKS)).format(n=_article(hero), hero=hero)
        answer = f"Once there was a{_article(kind)} {kind} {hero} who lived {place}. {tale(hero)}"
        return Turn("story", ask, answer, [rf"\b{hero}\b" if told else "once", *facts])
    first = _first(rng, hero, pick(rng, KINDS), pick(rng, PLACES))
    return Turn("story", expand(rng, pick(rng, CONTINUES)).format(first), tale(hero), [rf"\b{hero}\b", *facts])


def _first(rng, hero, kind, place):
    article = _article(kind)
    return pick(rng, [
        f"Once there was a{article} {kind} {hero} who lived {place}.",
        f"Once upon a time there was a{article} {kind} {hero} {place}.",
        f"There was a{_article(hero)} {hero} {place}.",
        f"A{article} {kind} {hero} lived {place}.",
        f"Once upon a time, a{_article(hero)} {hero} lived {place}.",
    ])  # fmt: skip
