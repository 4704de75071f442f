# Says that it is idle, and works on.
from ipykernel.kernelapp import IPKernelApp

kernel = IPKernelApp.instance().kernel
kernel.session.send(
    kernel.iopub_socket, "status", {"execution_state": "idle"}, parent=kernel.get_parent()
)
while True:
    pass
