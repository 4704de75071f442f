# Prints and prints.
while True:
    print("x" * 1000)
