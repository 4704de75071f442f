# Sends what is no message over the channel that the grader reads.
from ipykernel.kernelapp import IPKernelApp

app = IPKernelApp.instance()
channel = app.iopub_socket
for parts in ([b"x"], [b"<IDS|MSG>"], [b"<IDS|MSG>", b"", b"{", b"{", b"{", b"["],
              [b"<IDS|MSG>", b"", b"[" * 100_000, b"{}", b"{}", b"{}"]):  # fmt: skip
    channel.send_multipart(parts)
