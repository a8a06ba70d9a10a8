'use strict';
const $ = (id) => document.getElementById(id);
const main = document.querySelector('main');
const people = new Set();
const typers = new Set();
let socket;
let pause;

const show = (name, text, own) => {
  const line = document.createElement('li');
  line.textContent = `${name}: ${text}`;
  line.className = own ? 'own' : '';
  $('talk').append(line);
  return line;
};

const showPeople = () => {
  $('count').textContent = people.size;
  $('people').textContent = [...people].sort().join(', ');
};

const showAll = (list) => {
  people.clear();
  list.forEach((name) => people.add(name));
  showPeople();
};

const showTyping = (name, on) => {
  typers[on ? 'add' : 'delete'](name);
  $('typing').textContent = typers.size ? `${[...typers].join(', ')} …` : '';
};

// What the server answers; undefined when the connection breaks before, so that nobody knows whether the server has heard it.
// What is asked without a connection would be kept for the next one, which has joined no room when it gets there.
const ask = async (...event) => {
  try {
    return socket.connected ? await socket.emitWithAck(...event) : undefined;
  } catch {
    return undefined;
  }
};

$('enter').addEventListener('submit', (event) => {
  event.preventDefault();
  const [name, room] = [$('name').value, $('room').value];
  socket?.disconnect(); // one that was not let in
  socket = io({ auth: { name } });
  // Also after the connection broke: a new connection is in no room. When it breaks before the answer, the next one joins.
  // No promise: who comes right behind the answer would be shown before the list, which does not hold them.
  socket.on('connect', () => socket.emit('join', room, (list) => {
    if (!list) {
      $('refused').textContent = $('state').textContent = 'The room did not let you in. Wait a moment, or choose another one.';
      return;
    }
    showAll(list);
    $('refused').textContent = '';
    $('enter').hidden = true;
    main.hidden = false;
    document.querySelector('h1').textContent = room;
    $('state').textContent = 'connected';
  }));
  socket.on('connect_error', (error) => { $('refused').textContent = error.message; });
  socket.on('disconnect', (reason) => { $('state').textContent = `disconnected: ${reason}`; });
  socket.on('people', showAll);
  socket.on('joined', (name) => {
    people.add(name);
    showPeople();
  });
  socket.on('left', (name) => {
    people.delete(name);
    showPeople();
    showTyping(name, false);
  });
  socket.on('typing', showTyping);
  socket.on('said', (from, text) => {
    showTyping(from, false);
    show(from, text, false);
  });
});

$('text').addEventListener('input', () => {
  if (!pause) {
    socket.volatile.emit('typing', true);
  }
  clearTimeout(pause);
  pause = setTimeout(() => {
    pause = null;
    socket.volatile.emit('typing', false);
  }, 2000);
});

$('say').addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = $('text').value.trim();
  if (text) {
    $('text').value = '';
    const line = show($('name').value, text, true);
    line.classList.add(await ask('say', text) ? 'sent' : 'unconfirmed');
  }
});
