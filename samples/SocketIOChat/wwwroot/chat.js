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

$('enter').addEventListener('submit', (event) => {
  event.preventDefault();
  const [name, room] = [$('name').value, $('room').value];
  socket = io({ auth: { name } });
  // Also after the connection broke: a new connection is in no room.
  socket.on('connect', async () => {
    showPeople(await socket.emitWithAck('join', room));
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
    socket.emit('typing', true);
  }
  clearTimeout(pause);
  pause = setTimeout(() => {
    pause = null;
    socket.emit('typing', false);
  }, 2000);
});

$('say').addEventListener('submit', async (event) => {
  event.preventDefault();
  const text = $('text').value.trim();
  if (text) {
    $('text').value = '';
    const line = show($('name').value, text, true);
    if (await socket.timeout(5000).emitWithAck('say', text)) {
      line.classList.add('sent');
    }
  }
});
