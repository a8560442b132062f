// Connects the page with `hoba.js`. The page is always in one of three states: no key, signed out, signed in.

import { Device } from './hoba.js';

const element = (id) => document.getElementById(id);
const invitation = new URLSearchParams(location.hash.slice(1)).get('join');

let device = null;

/** Shows one section of the page and moves the focus to its title, so that a screen reader reads it. */
function show(id) {
  for (const section of document.querySelectorAll('main > section')) {
    section.hidden = section.id !== id;
  }
  const title = element(`${id}-title`);
  title.tabIndex = -1;
  title.focus();
}

function say(text, isError = false) {
  element('status').textContent = text;
  element('status').classList.toggle('error', isError);
}

/** Makes an action of a button or a form: it shows what went wrong, and a second click has to wait. */
function action(act) {
  return async (event) => {
    event.preventDefault();
    const controls = event.currentTarget.matches('form') ? event.currentTarget.elements : [event.currentTarget];
    say('');
    try {
      for (const control of controls) control.disabled = true;
      await act(event);
    } catch (error) {
      say(error.message, true);
    } finally {
      for (const control of controls) control.disabled = false;
    }
  };
}

/** Makes an action that cannot be taken back: the first click asks, and the second one acts. */
function askedTwice(question, act) {
  const once = action(act);
  return (event) => {
    const button = event.currentTarget;
    if (button.dataset.asked) {
      once(event);
      return;
    }
    const { textContent, ariaLabel } = button;
    button.dataset.asked = 'yes';
    button.textContent = question;
    button.ariaLabel = null;
    const reset = () => {
      delete button.dataset.asked;
      Object.assign(button, { textContent, ariaLabel });
    };
    button.addEventListener('blur', reset, { once: true });
  };
}

async function register() {
  // The key may be there from an attempt whose response was lost, or from another tab.
  const kept = await Device.load();
  device = kept ?? (await Device.create());
  try {
    await device.register({ name: element('device-name').value, invitation });
  } catch (error) {
    // The server may have registered the key, unless it said that it did not.
    if (!kept && error.status >= 400 && error.status < 500) {
      await Device.forget();
      device = null;
    }
    throw error;
  }
  // The invitation is used up, so it should not stay in the address bar.
  history.replaceState(null, '', location.pathname);
  await signIn();
  say('This device is registered.');
}

async function signIn() {
  const response = await device.fetch('/me');
  if (!response.ok) {
    showSignedOut();
    throw new Error(response.status === 401 ? 'The server does not know this key. Was the device removed?' : 'The server could not answer.');
  }
  const { account, devices } = await response.json();
  element('account').textContent = account;
  element('devices').replaceChildren(...devices.map(listed));
  element('invitation').hidden = true;
  show('signed-in');
}

function listed({ kid, name }) {
  const isOwn = kid === device.kid;
  const label = document.createElement('span');
  label.textContent = name || kid.slice(0, 8);
  if (isOwn) {
    const own = document.createElement('em');
    own.textContent = 'this device';
    label.append(own);
  }
  const button = document.createElement('button');
  button.className = 'plain';
  button.textContent = 'Remove';
  button.setAttribute('aria-label', `Remove ${name}`);
  const act = () => remove(kid, isOwn);
  button.addEventListener('click', isOwn ? askedTwice('Lose access here?', act) : action(act));
  const item = document.createElement('li');
  item.append(label, button);
  return item;
}

async function remove(kid, isOwn) {
  const response = await device.fetch(`/devices/${kid}`, { method: 'DELETE' });
  if (!response.ok) {
    throw new Error('The device could not be removed.');
  }
  if (isOwn) {
    await forget();
  } else {
    await signIn();
  }
  say('The device is removed.');
}

async function invite() {
  const response = await device.fetch('/devices/invitations', { method: 'POST' });
  if (!response.ok) {
    throw new Error('There are too many open invitations. Wait ten minutes.');
  }
  // The token goes behind the `#`, which browsers do not send to the server. The registration then sends it in a form.
  const token = new URL(response.headers.get('location'), location.href).searchParams.get('join');
  element('link').value = `${location.origin}/#join=${token}`;
  element('invitation').hidden = false;
  element('link').select();
}

async function signOut() {
  await device.signOut();
  showSignedOut();
  say('You are signed out.');
}

async function forget() {
  await Device.forget();
  device = null;
  await showWelcome();
}

function showSignedOut() {
  element('own-kid').textContent = device.kid;
  show('signed-out');
}

/** A link may be that of an attacker, who wants a user to work in the account of the attacker. So the page names it. */
async function nameAccount() {
  const account = document.createElement('strong');
  account.textContent = await Device.accountOf(invitation);
  const [before, after] = ['This link adds this browser to the account ', '. Continue only if the account is yours.'];
  element('welcome-text').replaceChildren(before, account, after);
}

async function showWelcome() {
  if (invitation) {
    element('welcome-title').textContent = 'Add this device';
    await nameAccount().catch((error) => say(error.message, true));
  }
  element('device-name').value = /Mobi/.test(navigator.userAgent) ? 'My phone' : 'My computer';
  show('welcome');
}

element('register').addEventListener('submit', action(register));
element('sign-in').addEventListener('click', action(signIn));
element('forget').addEventListener('click', askedTwice('Delete it for good?', forget));
element('sign-out').addEventListener('click', action(signOut));
element('invite').addEventListener('click', action(invite));
element('copy').addEventListener('click', action(async () => {
  await navigator.clipboard.writeText(element('link').value);
  say('The link is copied.');
}));

/** A reload keeps the session: the cookie is enough for a request without a signature. */
async function start() {
  device = await Device.load();
  if (!device) {
    await showWelcome();
  } else if ((await fetch('/me')).ok) {
    await signIn();
  } else {
    showSignedOut();
  }
}

await start();
