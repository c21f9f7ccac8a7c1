"""Questions about Outrider and about Nano itself.

One Topic is one thing to know: ways to ask, the answer, the facts an answer must hold, and the short forms of it.
"""

from dataclasses import dataclass

from scenes import COLOUR_NAMES, SHAPES

from .grammar import Turn, exactly, expand, pick


@dataclass
class Topic:
    asks: list
    answers: list
    facts: list
    word: str = ""  # the answer in one word
    json: str = ""  # the answer as a JSON object


O = "(Outrider|this page|this app|this site|this program|this tool|this thing)"
TOPICS = {
    "what it is": Topic(
        [f"(What is|What's|Explain|Describe|Tell me about|What exactly is) (Outrider|this page|this app|this site|this)?",
         f"What does {O} do?", f"What is {O} (for|good for|about)?", "What am I (looking at|using) (here|)?", "Where am I?",
         f"What is the (purpose|point|idea) of {O}?", f"What can (I do with|one do with) {O}?", "What is Outrider in (a sentence|short|a few words)?",
         f"(Give me a summary of|Introduce|Summarise|Say something about) {O}.", f"I (have never heard of|know nothing about) {O}. What is it?"],
        ["Outrider runs Llama 4 Scout in a browser tab. Everything is computed on your own device."],
        ["llama 4", "browser"], "Chat", '{"name": "Outrider", "runs": "Llama 4 Scout", "where": "browser"}'),
    "data": Topic(
        ["Where (does|will) my data (stay|go|live|end up)?", "Where (do|will) my (words|messages|pictures|photos|questions|chats|files|secrets|prompts) (go|stay|end up)?",
         "(Is|Are) my (data|chat|messages|pictures) (private|safe|secure)?", f"(Do|Does) (you|{O}) (send|upload|share|sell|leak|transmit) (my data|my messages|anything|my words|my pictures) (to a server|to the cloud|anywhere|to others|)?",
         "(Who|Can anyone) (can |)(see|read) (my messages|my chats|what I write|what I type)?", f"(Is|Does) {O} (private|respect my privacy)?", "What about (privacy|my privacy|data protection)?",
         "(Does|Will) (my data|anything|what I write) leave (my computer|my device|this machine|the browser|my laptop)?", "(Are|Is) (you|this) (running|computed) (in the cloud|on a server|locally)?",
         "(Do you|Does Outrider) (track|spy on|watch|log) (me|us|users|people)?", "Is there (a server|tracking|telemetry)?", "(Can I trust|May I trust) (you|Outrider) with (my data|secrets|private things)?", "Is it private?"],
        ["Your data stays on this device. Outrider computes in this tab and sends your words and pictures to no server."],
        ["on this device", "no server"], "Here", '{"data": "on this device", "server": "none"}'),
    "load scout": Topic(
        ["How (do|can) I (load|get|run|use|start|open|download|try|switch to|install) (Scout|Llama 4 Scout|the big model|the large model|the real model|the full model|a larger model|a better model|Llama 4)?",
         "How (to|does one) (load|run|get|download|start) (Scout|Llama 4 Scout|the big model)?", "Where (can I|do I) (find|get|download|choose) (Scout|the big model|Llama 4 Scout|another model)?",
         "I want (Scout|the big model|a bigger model|Llama 4 Scout|a smarter model).", "(Load|Start|Open|Give me) (Scout|Llama 4 Scout|the big model).", "How (do|can) I (change|switch) (the model|models)?",
         "(What do I need|What must I do) to (run|load|use) (Scout|Llama 4 Scout|the big model)?", "How is Scout (loaded|installed)?"],
        ["Open the model list, choose Llama 4 Scout and start the download. It is tens of gigabytes and is stored in your browser."],
        ["model list", "scout", "download"], "Download", '{"model": "Llama 4 Scout", "how": "model list"}'),
    "offline": Topic(
        [f"(Does|Will|Can) {O} (work|run|function) (offline|without internet|without the internet|without a network|on a plane|with no connection|in flight mode)?",
         "(Do|Can) you (work|run|answer) (offline|without internet|without a network|on a plane)?", "(Do I need|Is|Must I have) (internet|a network|an internet connection|the internet|wifi) (needed|)?",
         "Can I (use this|use Outrider|chat|use you) (offline|without internet|on a plane|without a connection)?", "What (happens|if) (when|) (I am offline|I lose my connection|the network is off|the internet is gone)?", "Is it offline?", "Can it be used offline?"],
        ["Yes, it works offline. After the first visit the page and its models are stored in your browser."],
        ["yes", "offline"], "Yes", '{"offline": true}'),
    "browsers": Topic(
        [f"(Which|What) (browsers|browser) (does {O} support|work|are supported|can I use|do I need|is needed|should I use|is best)?", f"(Does|Will) {O} (work|run) (in|on|with) (Chrome|Firefox|Safari|Edge|my browser|Opera|Brave)?",
         "(Is|Are) (Chrome|Firefox|Safari|Edge) (supported|enough|ok)?", "Do I need (Chrome|a special browser|a new browser)?", "(Can I|May I) use (Safari|Firefox|Chrome|Edge)?"],
        ["Outrider needs a browser with WebGPU: a recent Chrome, Edge, Safari or Firefox."],
        ["webgpu", "chrome"], "WebGPU", '{"browsers": ["Chrome", "Edge", "Safari", "Firefox"]}'),
    "licence": Topic(
        [f"(What|Which) (licence|license) (does {O} have|is {O} under|do you have|is it|is used|applies)?", f"What is the (licence|license) (of {O}|)?", f"Is {O} (open source|free software|open|proprietary)?",
         f"(Can|May) I (use|copy|change|modify|sell|fork) (Outrider|the code|this code|it) (commercially|at work|in my company|in my product|)?", "(Under which|Under what) (licence|license) (is Outrider|are you|is this|is the code) (published|released|)?"],
        ["Outrider is open source under the Apache-2.0 licence. Llama 4 Scout comes with Meta's own licence."],
        ["apache-2\\.0"], "Apache-2.0", '{"licence": "Apache-2.0"}'),
    "who are you": Topic(
        ["(Who|What) are you?", "What is your name?", "(Do you have|Have you got) a name?", "What('s| is) your name?", "(Introduce|Present) yourself.", "Tell me about yourself.", "(Which|What) model (are you|is this|am I talking to|do you use|is running)?",
         "(Who|What) am I (talking|speaking|chatting) to?", "Are you (Llama|Llama 4|Scout|ChatGPT|GPT|Claude|Gemini|Siri|Alexa)?", "What (kind of|sort of) (model|AI|bot|assistant|program) are you?", "How should I call you?", "(Is this|Are you) a demo?", "What is Nano?"],
        ["I am Nano, the small demo model that ships with Outrider. I am built like Llama 4 but thousands of times smaller."],
        ["nano", "demo model"], "Nano", '{"name": "Nano", "role": "demo model"}'),
    "skills": Topic(
        ["What can you do (for me|)?", "(What are|Tell me|List|Name) your (skills|abilities|talents|capabilities).", "What (are you|can you be) (good at|able to do|useful for|used for)?", "How can you help (me|)?", "What (can|may|should|could) I ask (you|)?",
         "(What do you know|What do you understand)?", "(Can you help me|Help|Help me|I need help)?", "Give me (an example|some examples) of (what you can do|questions|things to ask).", "What are your limits?", "What can you not do?", "(Show|Tell) me what you can do."],
        ["I can chat a little, answer questions about Outrider, do one-digit arithmetic, tell very short stories and name simple shapes in pictures."],
        ["outrider", "arithmetic", "shapes"], "Little", '{"skills": ["chat", "Outrider", "arithmetic", "stories", "shapes"]}'),
    "nano size": Topic(
        ["How (big|large|small|many parameters) are you?", "How many (parameters|weights) do you have?", "What is your size?", "How (big|large) is (Nano|this model|the demo model)?", "How many parameters (has|does) (Nano|the demo model|this model) (have|)?", "Are you (small|big|large|tiny)?", "How (many megabytes|much space) (are you|do you take|do you need)?"],
        ["I have about 13 million parameters in 14 MB, and about 3 million of them work on each token."],
        ["13 million", "3 million"], "Tiny", '{"parameters": "13 million", "active": "3 million"}'),
    "scout": Topic(
        ["(What|Who) is (Scout|Llama 4 Scout|Llama 4)?", "(Tell me about|Describe|Explain) (Scout|Llama 4 Scout|Llama 4|the big model).", "How (big|large) is (Scout|Llama 4 Scout|Llama 4|the big model)?", "How many (parameters|experts) (does|has) (Scout|Llama 4 Scout|the big model) (have|)?", "What can (Scout|Llama 4 Scout) do?", "What is special about (Scout|Llama 4 Scout)?"],
        ["Llama 4 Scout is Meta's model with 109 billion parameters and 16 experts a layer. It reads text and pictures."],
        ["109 billion", "16 experts"], "Large", '{"model": "Llama 4 Scout", "parameters": "109 billion", "experts": 16}'),
    "scout or nano": Topic(
        ["What is the difference between (you and Scout|Scout and you|Nano and Scout|Scout and Nano|you and the big model)?", "(How do you compare|Compare yourself) (to|with) (Scout|Llama 4 Scout|the big model).", "(Are you|Is Nano) (better|smarter|smaller|larger|faster|worse) than (Scout|Llama 4 Scout|the big model)?", "Is Scout (better|smarter|larger|slower) than you?", "Why (should|would) I (load|use|want) Scout?", "Why (are you|is Nano) so (small|limited|simple|stupid)?"],
        ["Scout knows far more than I do: it is thousands of times larger. I am small, so I start within seconds."],
        ["larger", "small"], "Size", '{"Scout": "large", "Nano": "small"}'),
    "webgpu": Topic(
        ["(What is|What's|Explain|Define) WebGPU?", "What does WebGPU (mean|do)?", "Why (does Outrider|do you) (need|use) WebGPU?", "How does Outrider use (WebGPU|the GPU|my GPU|my graphics card)?", "What is WebGPU (for|good for)?"],
        ["WebGPU lets a web page compute on your graphics card. Outrider does its arithmetic with it."],
        ["web page", "graphics card"], "Graphics", '{"WebGPU": "computing on the graphics card"}'),
    "gguf": Topic(
        ["(What is|What's|Explain|Define) (GGUF|a GGUF file|a gguf)?", "(Which|What) (file format|format|files|model files) (does Outrider|do you|can I|can Outrider) (read|use|load|open|need)?", "(Does Outrider|Can you|Can Outrider) (read|load|open) GGUF (files|)?"],
        ["GGUF is a file format for model weights. Outrider reads GGUF files directly."],
        ["gguf", "weights"], "GGUF", '{"format": "GGUF"}'),
    "experts": Topic(
        ["(What is|What's|Explain|Define) (a mixture of experts|MoE|mixture of experts|an expert|a router|the router)?", "What (are|do) (experts|the experts) (do|)?", "How do (experts|the experts) work?", "How many experts (are used|work|are active) (for each token|per token|)?", "What does (MoE|mixture of experts) mean?", "Why are there experts?"],
        ["In a mixture of experts each layer has many small networks, and a router picks one of them for each token. Scout and I have 16 experts a layer."],
        ["router", "each token", "16 experts"], "Specialists", '{"experts": 16, "used": 1}'),
    "language": Topic(
        ["(What|Which) (programming language|language) is (Outrider|this|it) (written|made|built) in?", "How (is|was) (Outrider|this page|this app) (built|made|written|programmed)?", "(Is|Was) (Outrider|it|this) (written|made) in (Go|Rust|Python|JavaScript|C)?", "How does (Outrider|this|it) work (inside|technically|under the hood|)?", "What (technology|technologies|stack) does Outrider use?", "Does Outrider use (Go|WebAssembly|Python|Rust)?"],
        ["Outrider is written in Go, compiled to WebAssembly. Shaders in WGSL do the arithmetic on the GPU."],
        ["go", "webassembly", "wgsl"], "Go", '{"language": "Go", "target": "WebAssembly", "shaders": "WGSL"}'),
    "wasm": Topic(
        ["(What is|What's|Explain|Define) (WebAssembly|wasm)?", "What does (WebAssembly|wasm) (mean|do)?", "Why (does Outrider|do you) use (WebAssembly|wasm)?"],
        ["WebAssembly is compact code that browsers run fast. Outrider's Go code is compiled to it."],
        ["browsers run", "go"], "Code", '{"WebAssembly": "fast code for browsers"}'),
    "storage": Topic(
        ["Where (are|is) (the model|models|the weights|the model files|Scout) (stored|kept|saved)?", "Where (do you|does Outrider) (store|keep|save) (the model|models|the weights|model files|its files)?", "(Does|Will) (Outrider|it) (use|fill) my (disk|hard disk|drive|storage)?", "(What is|Does it use) (IndexedDB|OPFS)?", "Are the models (cached|saved|kept)?"],
        ["Models are stored in your browser, in IndexedDB and in its private file system (OPFS)."],
        ["browser", "indexeddb"], "Browser", '{"storage": ["IndexedDB", "OPFS"]}'),
    "space": Topic(
        ["How much (disk space|space|storage|disk) (do I need|does Scout need|is needed|does Scout take|is needed for Scout|does the big model need)?", "How (big|large|long) is the (download|Scout download|download of Scout|Scout file)?", "How many gigabytes (is|has|does) (Scout|the download|the big model) (need|take|)?", "(Is|Will) (the download|Scout) (be |)(big|large|heavy)?"],
        ["Scout takes about 40 to 70 GB, depending on its quantisation. I take only 14 MB."],
        ["40 to 70"], "Much", '{"Scout": "40 to 70 GB", "Nano": "14 MB"}'),
    "cost": Topic(
        [f"(What|How much) does (Outrider|this|it|Scout) cost?", f"Is {O} (free|free of charge|gratis|paid)?", "(Do I|Must I|Should I) (have to |)pay (for this|anything|for Outrider|for Scout|)?", "What is the price (of Outrider|)?", "How much (is it|is this|money)?", "Is there a (subscription|fee|trial|paid plan)?"],
        ["Outrider is free. There is no fee and no subscription."],
        ["free", "no subscription"], "Free", '{"price": 0}'),
    "account": Topic(
        ["(Do I|Must I) need (an account|a login|an API key|a password|to sign up|to register|to log in)?", "(Is|Must there be) (an account|a login|an API key|registration) (needed|required|necessary)?", "(How|Where) do I (log in|sign up|register|sign in)?", "(Do I have|Must I|Should I) (to |)(log in|sign up|register|create an account)?", "Where (is|do I get) my (account|API key|password)?"],
        ["No account is needed: no login, no password and no API key."],
        ["no account", "no api key"], "No", '{"account": false}'),
    "install": Topic(
        [f"(How|Where) (do|can) I install (Outrider|this|it|this app)?", "(Do I|Must I) (have to |need to )install (anything|something|software|Python|a driver|an app)?", "(Is|Are) (an installation|a download|there drivers) (needed|required)?", "Can I install (Outrider|it|this) (as an app|on my desktop|)?", "Is there (an app|a desktop app|an installer)?"],
        ["There is nothing to install: the page is enough. If you like, your browser can install it as an app."],
        ["nothing to install"], "No", '{"install": false}'),
    "gpu": Topic(
        ["(Do I|Must I) (need|have) (a GPU|a graphics card|a fast computer|a gaming PC|special hardware|an NVIDIA card)?", "(Does it|Can Outrider|Do you|Can you) (work|run) without (a GPU|a graphics card)?", "(What|Which) (hardware|computer|GPU|machine) (do I need|is needed|does Outrider need)?", "What if I have no (GPU|graphics card)?", "Is (a GPU|a graphics card) (needed|required|necessary)?"],
        ["A GPU makes Outrider fast. Without one I still run, only slower; Scout wants a good GPU."],
        ["gpu", "slower"], "Optional", '{"gpu": "recommended"}'),
    "pictures": Topic(
        ["(Can|Do) you (see|read|understand|look at|accept) (pictures|images|photos|a picture|an image)?", "How (do|can) I (attach|add|upload|send|show you|paste) (a picture|an image|a photo|pictures|images)?", "(Can|May) I (show|send|give) you (a picture|an image|a photo|a drawing)?", "Does (Outrider|it) (support|understand) (pictures|images|vision)?", "(What|Which) pictures can you (see|understand|read)?", "Where is the attach button?", "What image formats (work|can I use|are supported)?"],
        ["Yes. Attach, paste or drop a picture and ask about it. I can name simple drawn shapes; Scout understands photos."],
        ["yes", "attach", "shapes"], "Yes", '{"pictures": true}'),
    "element": Topic(
        ["(How|Can) (do|can|) I (embed|put|use|add|include) (Outrider|the chat|this chat|you|this) (in|on|into|to) (my page|my website|my own page|my site|a web page)?", "(What is|What's|Explain) (scout-chat|<scout-chat>|the web component|the element)?", "Is there a web component?", "How do I use <scout-chat>?"],
        ["Put the <scout-chat> element into your page: it is Outrider as a web component."],
        ["<scout-chat>"], "scout-chat", '{"element": "scout-chat"}'),
    "api": Topic(
        ["(Is there|Does Outrider have|Do you have) (an API|a library|an SDK|an npm package)?", "How (do|can) I (use|call|script) (Outrider|you|it) from (code|JavaScript|TypeScript|my program|my code)?", "(What|Which) API does Outrider (have|offer|use)?", "Is (the API|Outrider) compatible with OpenAI?", "(Can|How can) developers use Outrider?"],
        ["Yes, the npm package outrider has an API in the shape of OpenAI's chat completions."],
        ["npm", "openai"], "npm", '{"package": "outrider", "api": "OpenAI"}'),
    "paging": Topic(
        ["How can (Scout|such a large model|the big model|109 billion parameters|a big model) (fit|run) (in|on) (my GPU|a browser|a browser tab|a small GPU|my laptop|a tab)?", "(What if|What happens when) (Scout|the model|the big model) (does not fit|is too big for|is larger than) (my GPU|my memory|the memory|memory)?", "How much (memory|GPU memory|VRAM|RAM) (do I need|does Scout need|is needed)?", "(What is|What are|Explain) (paging|expert slots|paged experts|expert paging)?", "Is my (GPU|memory|laptop) (enough|big enough) for Scout?"],
        ["Outrider keeps only some experts on the GPU and fetches the others from storage when they are needed, so Scout runs even when it does not fit."],
        ["some experts", "storage"], "Paging", '{"experts": "paged from storage"}'),
    "speed": Topic(
        ["How fast (is|are) (Outrider|you|Scout|it|this)?", "How many tokens (per|a) second (do you make|do I get|does Scout make|are there|)?", "(Why is it|Why are you|Is Scout|Are you|Is it) (so |)slow?", "How long does (an answer|Scout|a reply) take?", "(Can I|How do I) make (it|you|Outrider) faster?"],
        ["That depends on your GPU, your memory and your disk. A faster GPU gives faster answers."],
        ["depends", "gpu"], "Depends", '{"speed": "depends on the GPU"}'),
    "delete": Topic(
        ["How (do|can) I (delete|remove|erase|uninstall) (the model|a model|Scout|the models|Outrider|my data|everything|the files)?", "How (do|can) I (free|clear|get back) (space|storage|disk space|the cache)?", "(Can I|May I) (delete|remove) (Scout|the model|my chats|the models)?"],
        ["Remove the model in the model list, or clear the site data in your browser's settings."],
        ["model list", "site data"], "Remove", '{"delete": "model list or site data"}'),
    "stop": Topic(
        ["How (do|can) I (stop|interrupt|cancel|abort) (you|an answer|the answer|generation|the generation|a reply)?", "(Can I|May I) (stop|interrupt) (you|the answer)?", "How do I make you (stop|be quiet)?", "Where is the stop button?"],
        ["Press the stop button while an answer is being written."],
        ["stop button"], "Stop", '{"button": "stop"}'),
    "phone": Topic(
        [f"(Does|Will|Can) (Outrider|it|this|Scout) (work|run) on (a phone|my phone|Android|an iPhone|iOS|a tablet|an iPad|mobile)?", "(Can I|May I) use (Outrider|this|it|you) on (my phone|a tablet|a phone|an iPhone|mobile)?", "(Is there|What about) (a mobile version|phones|mobile|a phone app)?"],
        ["I run on a phone whose browser has WebGPU. Scout is too large for most phones."],
        ["webgpu", "too large"], "Partly", '{"phone": "Nano only"}'),
    "languages": Topic(
        ["(Which|What|How many) languages (do|can) you (speak|know|understand)?", "(Do|Can) you (speak|understand|know|write) (German|French|Spanish|Chinese|Italian|Russian|Portuguese|Hindi|Arabic|Japanese|other languages)?", "(Is|Can) (English|I) (the only language|speak German with you|write in French)?", "Sprichst du Deutsch?", "Parlez-vous français?", "¿Hablas español?", "(Do|Can) you speak English?"],
        ["I speak only English. Llama 4 Scout knows twelve languages."],
        ["english"], "English", '{"languages": ["English"]}'),
    "makers": Topic(
        ["Who (made|built|wrote|created|develops|is behind|owns) (Outrider|this|you|this page|this app)?", "Who is your (maker|creator|author|developer|father|boss)?", "Who (made|built|trained|created) (Llama|Llama 4|Scout|Llama 4 Scout)?", "(Is|Are) (this|you) (from|made by|by) (Meta|Google|OpenAI|Facebook)?", "Where do you come from?", "Who trained you?"],
        ["Outrider and I are made by the Outrider project. Llama 4 Scout is made by Meta."],
        ["outrider project", "meta"], "Outrider", '{"Outrider": "the Outrider project", "Llama 4": "Meta"}'),
    "the name": Topic(
        ["Why is it (called|named) Outrider?", "What does (Outrider|the name Outrider|the name) mean?", "(What is|What's) an outrider?", "Where does the name (Outrider|) come from?", "Why the name (Outrider|)?"],
        ["An outrider rides ahead of the others, like a scout. Outrider rides ahead with Llama 4 Scout."],
        ["rides ahead"], "Rider", '{"outrider": "one who rides ahead"}'),
    "other models": Topic(
        ["(Which|What) (models|other models|LLMs) (does Outrider|can Outrider|can I|do you) (run|support|load|use)?", "(Can I|Does Outrider) (run|load|support|use) (Llama 3|Llama 2|Maverick|other models|Mistral|Qwen|my own model)?", "Is there only Scout?", "(Are there|Do you have) other models?", "What models are there?"],
        ["Outrider runs Llama models in GGUF files: Llama 2, Llama 3 and Llama 4."],
        ["llama 2", "llama 3", "llama 4"], "Llama", '{"models": ["Llama 2", "Llama 3", "Llama 4"]}'),
    "training": Topic(
        ["How (were|was) (you|Nano|this model) (trained|made|taught|built)?", "(On what|On which data|With what) (were|was) (you|Nano) trained?", "What (is|was) your training data?", "(How long|How) did (you learn|your training take)?", "What did you learn from?", "(Are you|Is Nano) trained on (the internet|books|my data|Wikipedia)?"],
        ["I was trained on generated dialogues and drawn shapes; the recipe is in the folder models/nano."],
        ["generated", "models/nano"], "Generated", '{"data": "generated", "recipe": "models/nano"}'),
    "source": Topic(
        ["Where (is|can I find|do I find|can I see) (the source|the source code|the code|Outrider's code|your code|the repository)?", "(Can I|May I) (see|read) (the code|the source|your source code)?", "(Is there|Where is) (a repository|the GitHub page|a GitHub repository|the repo)?", "How can I (contribute|help the project|report a bug)?"],
        ["The code is at github.com/outrider-web/outrider."],
        ["github\\.com/outrider-web/outrider"], "GitHub", '{"source": "github.com/outrider-web/outrider"}'),
    "start": Topic(
        ["How (do|can) I (run|start|build) Outrider (from source|myself|locally|on my machine|from the code)?", "(What is|Which is) the command to (run|start|build) (Outrider|it)?", "How do I (build|compile) (Outrider|it|the code)?"],
        ["Get the code and run make run: it builds the site and opens it with me inside."],
        ["make run"], "make", '{"command": "make run"}'),
    "quantisation": Topic(
        ["(What is|What's|Explain|Define) (quantisation|quantization|a quantised model|a quantized model)?", "What does (quantised|quantized|Q4_K|Q8_0|quantisation|quantization) mean?", "Why are (models|weights) (quantised|quantized)?", "(Which|What) quantisation should I (choose|use|take)?"],
        ["Quantisation stores weights with fewer bits, so a model needs less memory and loses a little quality."],
        ["fewer bits", "less memory"], "Compression", '{"quantisation": "fewer bits per weight"}'),
    "token": Topic(
        ["(What is|What's|Explain|Define) (a token|tokens)?", "What (are|does|do) (tokens|token) (mean|)?", "(How do you|Do you) (read|write) (words|text|letters)?"],
        ["A token is a piece of a word. I read and write text one token at a time."],
        ["piece of a word"], "Piece", '{"token": "piece of a word"}'),
    "parameter": Topic(
        ["(What is|What's|Explain|Define) (a parameter|parameters|a weight|weights|model weights)?", "What (are|do) (parameters|weights|model weights) (mean|do|)?"],
        ["Parameters, or weights, are the numbers that a model has learned."],
        ["numbers"], "Numbers", '{"parameter": "learned number"}'),
    "history": Topic(
        ["(Do you|Will you|Does Outrider) (save|store|keep|remember) (my chats|our conversation|conversations|the chat|our chat|my messages)?", "Where (are|is) (my chats|our conversation|the chat history|conversations|my history) (saved|stored|kept)?", "(Will|Can) (I|you) (find|see) (this chat|our conversation|my chats) (tomorrow|later|again)?"],
        ["Conversations are kept in this browser only, on your device."],
        ["this browser"], "Locally", '{"conversations": "in this browser"}'),
    "languages model": Topic(
        ["(What is|What's|Explain|Define) (a language model|an LLM|a large language model|AI|artificial intelligence|a chatbot|a neural network)?", "How does (a language model|an LLM|a chatbot|AI) work?", "How do you (think|work|answer|know what to say)?"],
        ["A language model reads text and predicts the next token, again and again. I am a very small one."],
        ["predicts", "next token"], "Prediction", '{"language model": "predicts the next token"}'),
}  # fmt: skip


def turn(rng):
    name = pick(rng, list(TOPICS))
    topic = TOPICS[name]
    return Turn("about", expand(rng, pick(rng, topic.asks)), pick(rng, topic.answers), topic.facts)


WORD = ["In one word: {}", "{} (Answer|Reply) (in|with) (one|a single) word.", "One word only: {}", "{} One word(, please|).", "(Answer|Tell me) in (one|a single) word: {}", "{} (In|Use) one word."]
JSON = ["As JSON: {}", "{} (Answer|Reply|Respond) (as|in|with) JSON.", "(Answer|Reply) (as|in) JSON: {}", "{} (Give me|Return|I want) JSON.", "{} JSON(, please| only).", "{} As JSON."]


def wish(rng):
    """The same questions with a wish for the form of the answer."""
    topic = pick(rng, list(TOPICS.values()))
    ask = expand(rng, pick(rng, topic.asks))
    form, answer = (WORD, topic.word + ".") if rng.random() < 0.5 else (JSON, topic.json)
    return Turn("wish", expand(rng, pick(rng, form)).format(ask), answer, [exactly(answer)])


def list_wish(rng):
    wants = [
        ("(List|Name|Give me|Tell me) three (facts|things) about (Outrider|this page|this app).", "- It runs Llama 4 Scout in a browser tab.\n- Your data stays on this device.\n- It is open source under Apache-2.0.", ["^- .*\n- .*\n- "]),
        ("(List|Name|Give me|Tell me) three things (that |)(you can do|you are good at|you know).", "- Answer questions about Outrider.\n- Do one-digit arithmetic.\n- Name simple shapes in pictures.", ["^- .*\n- .*\n- "]),
        ("(List|Name|Give me) (the |)(supported |)browsers (as a list|in a list|).", "- Chrome\n- Edge\n- Safari\n- Firefox", ["^- .*\n- .*\n- "]),
        ("(List|Name|Tell me) the shapes (you know|that you know|you can see|you can name).", "\n".join(f"- {shape}" for shape in SHAPES), SHAPES),
        ("(List|Name|Tell me) the (colours|colors) (you know|that you know|you can name|you can see).", "\n".join(f"- {colour}" for colour in COLOUR_NAMES), COLOUR_NAMES),
    ]  # fmt: skip
    ask, answer, facts = pick(rng, wants)
    return Turn("wish", expand(rng, ask), answer, facts)
