// Opens the WebSocket with the token as a subprotocol, because a page cannot set `Authorization` for it.

const at = (id) => document.getElementById(id);

function open(token) {
  const url = new URL("/notes", location.href.replace(/^http/, "ws"));
  const socket = new WebSocket(url, ["bearer", token]);
  socket.onopen = () => show(`connected by ${socket.protocol}`, true);
  socket.onmessage = ({ data }) => list(data);
  // A page does not learn the status of a refused handshake. It sees that the socket closes before it opens.
  socket.onclose = ({ code }) => show(`closed with ${code}`, false);
  return socket;
}

function show(status, isOpen) {
  at("status").textContent = status;
  at("say").hidden = !isOpen;
}

function list(text) {
  const item = document.createElement("li");
  item.textContent = text;
  at("messages").append(item);
}

let socket;

at("open").onsubmit = (event) => {
  event.preventDefault();
  socket?.close();
  try {
    socket = open(at("token").value);
  } catch (error) {
    // For example, no subprotocol has a space or a slash.
    show(error.name, false);
  }
};

at("say").onsubmit = (event) => {
  event.preventDefault();
  socket.send(at("note").value);
  at("note").value = "";
};
