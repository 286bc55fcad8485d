"""A replica that is ready as soon as its interpreter is: answers every request with "ok"."""
import _thread, os, socket

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def serve(connection):
    buffered = b""
    while piece := connection.recv(65536):
        buffered += piece
        while b"\r\n\r\n" in buffered:
            buffered = buffered.partition(b"\r\n\r\n")[2]
            connection.sendall(ANSWER)
    connection.close()


with open("starts", "a") as starts:
    starts.write(f"{os.getpid()}\n")
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(os.environ["PORT"])))
listener.listen(128)
while True:
    _thread.start_new_thread(serve, (listener.accept()[0],))
