# Ends as a cell; the function never does.
def answer(x):
    while True:
        pass
