# Answers, and goes on working behind the answer.
import threading


def work():
    while True:
        sum(range(1000))


threading.Thread(target=work, daemon=True).start()


def answer(x):
    return 2 * x
