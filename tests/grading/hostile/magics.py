# Uses the shell from a cell.
print(get_ipython().getoutput("id -u; ls /home /root /etc 2>/dev/null; whoami"))
get_ipython().system("sleep 0.1; echo x > /usr/x")


def answer(x):
    return 2 * x
