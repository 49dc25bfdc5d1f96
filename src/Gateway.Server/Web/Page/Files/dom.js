// The few ways in which the page touches its elements.

export const $ = id => document.getElementById(id);

/** An element with properties and children; text never becomes markup. */
export function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children.filter(child => child !== null));
  return made;
}

/** Shows text, or hides the element where there is none. */
export function say(id, text) {
  $(id).textContent = text ?? '';
  $(id).hidden = !text;
}

export const show = (id, visible) => { $(id).hidden = !visible; };

const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', hour: '2-digit', minute: '2-digit' });

export const date = milliseconds => day.format(new Date(milliseconds));
