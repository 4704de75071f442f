# Waits for somebody at the keyboard.
word = input("the answers, please: ")
