// Elements. Text only ever becomes text nodes: no name in a database can become markup.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter(child => child != null));
  return made;
}

const byId = id => document.getElementById(id);

// A labelled select. `choices` are {value, text, group}; `changed` gets the value.
function select(label, choices, value, changed) {
  const list = element('select', {onchange: event => changed(event.target.value)});
  fillSelect(list, choices, value);
  return element('label', {}, label, list);
}

function fillSelect(list, choices, value) {
  list.replaceChildren();
  const groups = new Map();
  for (const choice of choices) {
    const option = element('option', {value: choice.value}, choice.text);
    if (!choice.group) {
      list.append(option);
      continue;
    }
    if (!groups.has(choice.group)) {
      groups.set(choice.group, list.appendChild(element('optgroup', {label: choice.group})));
    }
    groups.get(choice.group).append(option);
  }
  list.value = value;
}

function tick(label, value, changed) {
  const box = element('input', {type: 'checkbox', onchange: event => changed(event.target.checked)});
  box.checked = value;
  return element('label', {class: 'tick'}, box, label);
}

// A labelled number of at least 0; `changed` gets it. What is no such number changes nothing.
function numberField(label, value, step, changed) {
  const field = element('input', {type: 'number', min: '0', step: String(step), onchange: event => {
    const typed = Number(event.target.value);
    const good = event.target.value !== '' && Number.isFinite(typed) && typed >= 0;
    event.target.classList.toggle('wrong', !good);
    if (good) changed(typed);
  }});
  field.value = value;
  return element('label', {class: 'number'}, label, field);
}

const say = text => { byId('said').textContent = text; };
