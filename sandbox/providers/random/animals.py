"""Words from which RandomPet builds its names."""

ADVERBS = (
    "barely", "boldly", "briefly", "closely", "deeply", "fairly", "firmly", "freely", "gladly",
    "hardly", "highly", "jointly", "kindly", "lately", "lightly", "mainly", "mostly", "nearly",
    "openly", "partly", "plainly", "quickly", "rarely", "really", "safely", "simply", "slowly",
    "smoothly", "solely", "surely", "tightly", "truly", "usefully", "vaguely", "wholly", "wildly",
)  # fmt: skip
ADJECTIVES = (
    "able", "ample", "apt", "bold", "brave", "bright", "calm", "clever", "cool", "eager", "exact",
    "fair", "fast", "fine", "fit", "fond", "fresh", "gentle", "glad", "good", "grand", "happy",
    "honest", "ideal", "keen", "kind", "light", "lively", "loyal", "lucky", "merry", "modest",
    "neat", "noble", "patient", "proud", "quick", "quiet", "rapid", "ready", "sharp", "sincere",
    "smart", "solid", "steady", "sunny", "tidy", "vital", "warm", "willing", "wise", "witty",
)  # fmt: skip
ANIMALS = (
    "ant", "badger", "bear", "beetle", "bison", "buck", "cat", "colt", "crab", "crane", "cricket",
    "deer", "dingo", "dog", "dove", "duck", "eagle", "eel", "falcon", "ferret", "finch", "fly",
    "fox", "frog", "gecko", "goose", "gull", "hare", "hawk", "heron", "horse", "jay", "kite",
    "koala", "lark", "lemur", "lion", "lizard", "llama", "lynx", "mole", "moose", "moth", "mouse",
    "newt", "otter", "owl", "ox", "panda", "pony", "puma", "quail", "rabbit", "ram", "raven",
    "robin", "seal", "shark", "sheep", "shrew", "snail", "stork", "swan", "tiger", "toad", "trout",
    "turtle", "vole", "walrus", "wasp", "whale", "wolf", "wombat", "wren", "yak", "zebra",
)  # fmt: skip
