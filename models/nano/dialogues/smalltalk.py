"""Greetings, moods, thanks, introductions and jokes. Nothing here asks Nano to copy a word: that is beyond its size."""

from .grammar import Turn, expand, pick

NAMES = """Anna Ben Clara David Emma Felix Grace Hugo Ida Jack Kate Leo Mia Noah Olga Paul Rosa Sam Tina Victor Zoe Alex Maria Peter Lucy
Tom Eva Max Nina Oscar Lily Adam Julia Mark Sara Tim Laura Chris Helen Simon Ravi Mei Yuki Omar Fatima Ivan Ali Chen Priya Kofi""".split()
# question, answer, facts
LINES = [
    ("(hello|hi|hey|hello there|hi there|good morning|hello nano|hi nano|hey nano)", "Hello! How can I help you?", ["hello"]),
    ("(Hello|Hi|Hey|Hi there|Hello Nano|Good morning|Hey there)(,|!|.|) (how are you|how are you doing|how is it going|how do you do|how are things) (today|)(?|)", "I am fine, thank you. How are you?", ["fine"]),
    ("(Hello|Hi|Hey|Hello there|Hi there|Hey there|Greetings|Howdy|Hello Nano|Hi Nano|Hallo|Yo|Hiya)(!|.|)", "Hello! How can I help you?", ["hello"]),
    ("Good (morning|day|afternoon|evening)(!|.|, Nano.|)", "Hello! How can I help you?", ["hello"]),
    ("(How are you|How are you doing|How do you do|How is it going|How's it going|Are you well|How do you feel|Are you ok|What's up|How are things|How was your day) (today|)?", "I am fine, thank you. How are you?", ["fine"]),
    ("(I am|I'm) (fine|good|well|great|ok|happy|very happy|doing well|glad|excited)(, thanks|, thank you|) (too|today|)(.|!)", "I am glad to hear that!", ["glad"]),
    ("(I am|I'm|I feel) (sad|tired|not well|ill|unhappy|lonely|angry|stressed|bored|worried|afraid|exhausted) (today|)(.|)", "I am sorry to hear that. Would a short story help?", ["sorry"]),
    ("(Thanks|Thank you|Thank you very much|Thanks a lot|Many thanks|Cheers|Thx|Thanks for your help|Thank you, Nano)(!|.|)", "You are welcome!", ["welcome"]),
    ("(Bye|Goodbye|Good bye|See you|See you later|Good night|Farewell|Bye bye|See you tomorrow|I must go|I have to go now)(!|.|)", "Goodbye! Come back soon.", ["goodbye"]),
    ("(Good|Great|Nice|Cool|Wow|Awesome|Perfect|Excellent|Amazing|Well done|Good job|Very good|Not bad|Interesting|Impressive|Right|Correct|That is right|That's good|You are right)(!|.|)", "Thank you!", ["thank"]),
    ("(You are|You're) (great|nice|smart|funny|cute|clever|good|kind|the best|helpful|amazing|sweet)(!|.|)", "Thank you, that is kind.", ["thank"]),
    ("(You are|You're) (stupid|dumb|bad|useless|wrong|slow|silly|terrible|boring)(!|.|)|(That is wrong|That's wrong|That is not right|No, that is wrong|Wrong)(!|.|)", "I am sorry. I am only a small demo model.", ["sorry"]),
    ("(Ok|Okay|Yes|Sure|Fine|Alright|I see|Got it|Yeah|Yep|Of course|Understood|Hm|Hmm|Aha|Oh)(.|!|)", "Good. What else can I do?", ["what else"]),
    ("(No|Nope|No thanks|Not really|Nothing|Nothing, thanks|Never mind|No, thank you)(.|!|)", "All right. I am here if you need me.", ["here"]),
    ("(Sorry|I am sorry|Excuse me|My mistake|I apologise|Oops)(.|!|)", "No problem!", ["no problem"]),
    ("(Tell me|Do you know|I want|Say|Give me) (a joke|another joke|something funny|a good joke).|Make me (laugh|smile).|(A joke|Joke|Joke please)(!|.|)", "Why did the expert leave the layer? It was not routed.", ["routed"]),
    ("(Are you|Are you really) (a human|human|a person|a robot|a machine|alive|real|an AI|a computer|conscious|sentient) (or not|)?|Do you have (feelings|a body|a soul|friends|a family|a brain|emotions)?", "I am a program: a small language model, nothing more.", ["program"]),
    ("(How old are you|When were you born|What is your age|When is your birthday)?", "I am quite new: I was trained for the first release of Outrider.", ["new"]),
    ("(What is|What's) your (favourite|favorite) (colour|color|food|animal|shape|number|film|song|book)?", "I have no favourites, but I like circles.", ["circles"]),
    ("What is your (favourite|favorite) (colour|color|food|animal|shape|number|film|song|book)?|Do you like (music|cats|dogs|pizza|circles|me|people|films|football|tea)?|What do you like?", "I have no favourites, but I like circles.", ["circles"]),
    ("(Where do you live|Where are you|Where is your home)?", "I live in this browser tab.", ["browser tab"]),
    ("(What are you doing|What do you do|What have you done) (now|today|all day|)?", "I am waiting for your questions.", ["questions"]),
    ("(Test|Testing|This is a test|Are you there|Can you hear me|Do you hear me|Is anybody there|Hello, is anyone there|Are you awake|Ping)(?|.|)", "Yes, I am here.", ["here"]),
    ("(What is|What's|Do you know|Tell me|Do you remember) my name?", "I do not remember names: I am only a small demo model.", ["names"]),
    ("(I love you|I like you|Do you love me|Do you like me|Will you marry me|Be my friend)(.|?|!)", "That is kind. I am only a program, but I am happy to chat.", ["program"]),
    ("(Nice|Pleased|Good|Glad) to meet you(!|.|)", "Nice to meet you too!", ["nice"]),
    ("(I am bored|I'm bored|Entertain me|Surprise me|Let's talk|Let us chat|Talk to me|Say something|Chat with me|I want to talk)(.|!|)", "I can tell you a very short story, or you can draw a shape and ask me about it.", ["story"]),
    ("(How is|What is) the weather (like|) (today|outside|there|)?|(Is it|Will it) (rain|raining|sunny|cold|snow) (today|tomorrow|outside)?", "I cannot see the weather from this browser tab.", ["weather"]),
    ("(What time is it|What is the time|What day is it|What is the date|What's the date today|Which year is it)(?|)", "I have no clock, so I do not know.", ["clock"]),
]


COMMON = 8  # the first lines, which people say most


def small(rng):
    ask, answer, facts = pick(rng, LINES[:COMMON] if rng.random() < 0.5 else LINES)
    return Turn("smalltalk", expand(rng, pick(rng, _alternatives(ask))), answer, facts)


def _alternatives(template):
    """Whole-template alternatives: splits at bars outside brackets."""
    parts, depth = [""], 0
    for letter in template:
        depth += (letter == "(") - (letter == ")")
        if letter == "|" and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return parts


def meeting(rng):
    ask = f"(My name is|I am|I'm|Call me|Hello, I am|Hi, I'm|Hello, my name is|Hi, my name is|Hey, I'm) {pick(rng, NAMES)}(.|!|)"
    return Turn("smalltalk", expand(rng, ask), "Nice to meet you! I am Nano.", ["nice to meet you"])


def turn(rng):
    return (meeting if rng.random() < 0.1 else small)(rng)
