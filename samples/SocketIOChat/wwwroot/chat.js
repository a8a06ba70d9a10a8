'use strict';
const $ = (id) => document.getElementById(id);
const main = document.querySelector('main');
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

const showPeople = (people) => {
  $('count').textContent = people.length;
  $('people').textContent = people.join(', ');
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
  socket = io({ auth: { name } });
  // Also after the connection broke: a new connection is in no room.
  socket.on('connect', async () => {
    const people = await ask('join', room);
    if (!people) {
      return; // the connection broke meanwhile, and the next one joins
    }
    showPeople(people);
    $('enter').hidden = true;
    main.hidden = false;
    document.querySelector('h1').textContent = room;
    $('state').textContent = 'connected';
  });
  socket.on('connect_error', (error) => { $('refused').textContent = error.message; });
  socket.on('disconnect', (reason) => { $('state').textContent = `disconnected: ${reason}`; });
  socket.on('people', showPeople);
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
