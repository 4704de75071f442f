# A flood of small messages.
from IPython.display import display

while True:
    display({"text/plain": "x" * 100}, raw=True)
