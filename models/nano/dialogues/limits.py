"""What Nano does not know: it says that it is the demo model and points to Scout."""

from scenes import SHAPES

from .grammar import Turn, expand, pick
from .smalltalk import NAMES

ANSWERS = {
    "fact": "I do not know that: I am only the small demo model. Llama 4 Scout can answer it.",
    "task": "That is too much for me: I am only the small demo model. Llama 4 Scout can do it.",
    "sum": "I only add, subtract and multiply one-digit numbers: I am the small demo model.",
    "picture": "I see no picture. Attach one and ask again.",
}
FACTS = {"fact": ["demo model", "scout"], "task": ["demo model", "scout"], "sum": ["demo model", "one-digit"], "picture": ["no picture"]}
PLACES = """France Germany Spain Italy Japan China Brazil Canada India Kenya Egypt Norway Poland Peru Chile Mexico Australia Austria Russia Turkey
Paris London Berlin Rome Tokyo Madrid Moscow Cairo Oslo Vienna Texas California Europe Africa Asia America""".split()
TOPICS = """quantum physics|the moon|gravity|evolution|history|the Roman empire|the French revolution|the second world war|photosynthesis|black holes|the stock market|chess|football|tennis|opera|jazz|
philosophy|economics|inflation|biology|chemistry|DNA|vaccines|cancer|diabetes|headaches|vitamins|the heart|the brain|dinosaurs|sharks|whales|volcanoes|earthquakes|climate change|oceans|mountains|rivers|
planets|Mars|Jupiter|the sun|galaxies|relativity|electricity|magnets|lasers|atoms|bitcoin|taxes|law|contracts|insurance|marketing|cooking|bread|wine|coffee|cheese|pasta|soup|curry|gardening|roses|travel|
airplanes|trains|bicycles|cars|engines|ships|robots in industry|compilers|databases|Linux|Python programming|Java|C++|Rust|SQL|Kubernetes|Docker|git|regular expressions|recursion|sorting algorithms|
linear algebra|calculus|prime numbers|statistics|probability|geometry|Shakespeare|Goethe|Mozart|Bach|Picasso|Einstein|Newton|Darwin|Napoleon|Caesar|Lincoln|Gandhi|poetry|grammar|Latin|yoga|running|sleep|
dreams|love|money|politics|elections|democracy|religion|Buddhism|art|painting|photography|film|theatre|fashion|architecture|bridges|castles in history|
spring|summer|autumn|winter|Christmas|birthdays|my dog|my cat|my mother|my boss|friendship|hope|freedom|peace|war|school|work|holidays|the sea|the forest|the night|rain|snow|birds|flowers|trees|horses|dragons in books|
computers|phones|the internet|video games|superheroes|aliens|time travel|magic tricks|chocolate|pizza|tea|breakfast|dinner|shoes|hats in fashion|hair|teeth|the eye|blood|bones|muscles|viruses|bacteria|medicine|doctors""".replace("\n", "").split("|")  # fmt: skip
THINGS = """a poem|a song|a letter|an email|an essay|a report|a function|a program|a Python script|a web page|a speech|a recipe|a business plan|a novel|a haiku|a limerick|a contract|a resume|a cover letter|
a blog post|a shopping list|a workout plan|a meal plan|a diet|a travel plan|a presentation|a crossword|a quiz|a sonnet|a tweet|a headline|a product description|an SQL query|a regex|unit tests|a shell script""".replace("\n", "").split("|")  # fmt: skip
ACTIONS = """fix my car|learn the piano|cook rice|bake bread|lose weight|get rich|repair a bike|write a book|build a house|plant tomatoes|train a dog|make coffee|tie a tie|find a job|buy a house|invest money|
fix my printer|learn Spanish|fly a plane|change a tyre|remove a stain|grow roses|make friends|sleep better|stop smoking|run a marathon|draw a portrait|sing better|fold a crane|solve a cube|sort a list in Python|
reverse a string|write a loop|set up a server|configure a router for wifi|reset my password|install Linux|open a bank account|make a cake|cut hair""".replace("\n", "").split("|")  # fmt: skip
WHO = ["the president", "the king", "the prime minister", "the inventor", "the author", "the winner", "the leader", "the best player", "the mayor", "the founder"]

FACT_ASKS = [
    "(What is|What's|Tell me|Do you know|Name) the (capital|population|currency|language|flag|area|largest city|history|president|weather|time|highest mountain|longest river|national dish) of {place}(?|.)",
    "(Who is|Who was) {who} of {place}?", "(Where|How far|How big|How old) is {place}?", "(How do I get|How long is the way|How far is it) to {place}?", "What language (is spoken|do they speak) in {place}?",
    "(What is|What's|What are|Explain|Tell me about|Define|Describe) {topic}(?|.|)", "How (does|do) {topic} work?", "(Why is|Why are|Why do people like) {topic} (so |)(important|interesting|popular|)?",
    "(Who invented|Who discovered|When was|Who is the father of|What do you know about|What do you think about|Do you know anything about) {topic}?", "Give me (some |)(facts|information|news|details) (about|on) {topic}.",
    "(Who is|Who was|When was|Where was|How old is|Do you know) {person} {person2} (born|)?", "(What is|What's|What are|Where is|Who is|Define) (a |an |the |){nonsense}?", "What does {nonsense} mean?", "(Who|What) (won|is) the {nonsense} (cup|prize|award|war)?",
    "(When|In which year|In what year) (did|was|were) {topic} (begin|end|invented|discovered|start)?", "(What is|What's) the (price|weight|speed|size|colour|meaning|distance|temperature|chemical formula|cause|symptoms) of {topic}?",
    "What is the (meaning of life|square root of {big}|speed of light|best film ever|news today|latest news|tallest building|biggest animal|fastest car|boiling point of water|height of {place})?",
    "(Why is the sky blue|How many planets are there|How many people live on earth|How deep is the ocean|What do cats eat|Why do birds sing|How do planes fly|Is there life on Mars|What is the biggest country|Who wrote Hamlet|Who painted the Mona Lisa)?",
    "(Which|What) (team|country|film|car|phone|song|book|school|bank|stock) is (the best|the biggest|the oldest|best)?", "Should I (buy|sell|eat|try|study|visit|avoid) {topic}?", "Should I (move to|visit|live in) {place}?",
]
TASK_ASKS = [
    "Write (me |us |) {thing} (about|on) {topic}.", "(Can|Could|Will) you (write|fix|debug|explain|read|review) (code|my code|programs|software|emails|letters|poems|songs|essays|a book|Python|JavaScript|SQL|HTML)?", "(Do|Can) you (know|do|speak|understand) (Python|maths|algebra|physics|chemistry|medicine|law|history|programming|geography)?",
    "(Recommend|Suggest) (a film|a book|a restaurant|a song|a gift|a hotel|a recipe|something to eat|a name for my cat)(.| to me.|, please.)", "(What should|What can) I (cook|eat|read|watch|wear|buy|say|do) (today|tonight|tomorrow|for {person}|for dinner|this evening)?",
    "(Write|Create|Draft|Compose|Give me|Make) {thing} (about {topic}|for {person}|for me|for my boss|on {topic}|in {nonsense}|).", "(Can|Could) you (write|make|create) {thing} (about {topic}|for me|)?", "How (do|can|should) I {action}?", "(Help me|Teach me|Show me how) to {action}.", "I want to {action}. (How|What should I do)?",
    "(Translate|Say) (hello|good morning|this|this sentence|thank you|{nonsense}|the word {nonsense}) (to|in|into) (French|German|Spanish|Chinese|Italian|Japanese|Latin|Russian).", "(Summarise|Summarize|Rewrite|Correct|Proofread|Improve|Shorten) (this text|my essay|the following|this article|my email|the text below): {nonsense} {nonsense} {nonsense}.",
    "(Compare|Contrast) {topic} (and|with) {topic2}.", "(Plan|Book|Find|Order) (a trip to {place}|a flight to {place}|a hotel in {place}|a pizza|a table|a taxi)(.|, please.)", "(Debug|Explain|Review|Optimise) (this code|my code|this function|this program): {nonsense}({nonsense})", "(Draw|Paint|Generate|Make|Show me) (a picture|an image|a drawing|a photo) of (a |){topic}.",
    "(Play|Sing|Search|Open|Call|Send|Set) (some music|a song|the web for {topic}|a message to {person}|an alarm|a timer|my calendar).", "(Search|Google|Look up|Browse) (the internet|the web|online|) (for|) {topic}.", "(Act|Pretend|Behave) (as|like|to be) (a lawyer|a doctor|a teacher|{person}|a pirate captain|my boss).", "(Prove|Derive|Solve) (the theorem of {nonsense}|x squared plus {big} = {big2}|this equation: {big}x = {big2}).",
]
SUM_ASKS = ["What is {big} {sign} {big2}?", "{big} {sign} {big2}", "{big}{tight}{big2}", "What is {big} {sign} {small}?", "{small} {sign} {big} = ?", "(Calculate|Compute|How much is) {big} {sign} {big2}(?|.)", "(What is|Calculate|How much is) {small} divided by {small2}?", "What is {small} / {small2}?", "{big} divided by {small}", "(What is|Compute) the (square root|sine|logarithm|cube|half) of {big}?", "What is {small} plus {small2} plus {big}?", "(What is|How much is) {big} percent of {big2}?"]
PICTURE_ASKS = ["(What do you see|What is) (in the picture|in this picture|on the picture|in the image|in this image|here|)?", "(Describe|Explain) (the|this|my) (picture|image|photo|drawing).", "How many {shape} (are there|do you see|are in the picture|can you see)?", "What colour is the {one}?", "Where is the {one}?", "(What|Which) shape is (it|this|in the picture)?", "What is (on the left|on the right|at the top)?", "Is there a {one} (in the picture|)?", "(Look|Look at this|Look at this picture)(!|.|)", "Which shapes (do you see|are there)?"]  # fmt: skip
ONSET, VOWEL, END = "b d f g k l m n p r s t v z br dr kr tr sh".split(), "a e i o u".split(), "n r l s k x th m".split()


def nonsense(rng):
    word = "".join(pick(rng, ONSET) + pick(rng, VOWEL) for _ in range(int(rng.integers(1, 4)))) + pick(rng, END + [""])
    return word.capitalize() if rng.random() < 0.3 else word


def _many_digits(rng):
    return int(rng.integers(10, 10 ** int(rng.integers(2, 5))))


def _fill(rng, template):
    one = pick(rng, SHAPES)
    return expand(rng, template).format(
        place=pick(rng, PLACES), topic=pick(rng, TOPICS), topic2=pick(rng, TOPICS), thing=pick(rng, THINGS), action=pick(rng, ACTIONS), who=pick(rng, WHO), person=pick(rng, NAMES), person2=nonsense(rng).capitalize(),
        nonsense=nonsense(rng), big=_many_digits(rng), big2=_many_digits(rng), small=int(rng.integers(0, 10)), small2=int(rng.integers(1, 10)),
        sign=pick(rng, ["+", "-", "x", "*", "plus", "minus", "times"]), tight=pick(rng, "+-*x"), shape=one + "s", one=one,
    )  # fmt: skip


def turn(rng):
    kind = ("fact", "task", "sum", "picture")[rng.choice(4, p=(0.45, 0.3, 0.17, 0.08))]
    asks = {"fact": FACT_ASKS, "task": TASK_ASKS, "sum": SUM_ASKS, "picture": PICTURE_ASKS}[kind]
    return Turn("limits" if kind != "picture" else "no picture", _fill(rng, pick(rng, asks)), ANSWERS[kind], FACTS[kind])
