"""The program's components: one folder for each cloud, and what they share."""

import gc

# Loading the SDKs creates very many objects and almost no garbage; collections during it take a
# fifth of its CPU time. settings.load() switches collections on again.
gc.disable()
