# More memory than a process may have.
block = bytearray(16 << 30)
