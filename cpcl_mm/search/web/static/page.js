'use strict';
// Every part of the page works without this file. It opens full images over the page, shows the
// values of sliders, and says before sending that a file is too large.

const viewer = document.getElementById('viewer');
const links = [...document.querySelectorAll('a[data-full]')];
let current = 0;

function show(index) {
  // After the last comes the first.
  current = (index + links.length) % links.length;
  const link = links[current];
  const picture = viewer.querySelector('img');
  picture.src = link.dataset.full;
  picture.alt = link.querySelector('img').alt;
  viewer.querySelector('figcaption').textContent = link.dataset.caption;
}

links.forEach((link, index) => {
  link.addEventListener('click', (event) => {
    // A new tab was asked for.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(index);
    viewer.showModal();
  });
});

viewer.addEventListener('click', (event) => {
  const step = event.target.dataset.step;
  if (step) show(current + Number(step));
  else if (event.target === viewer || 'close' in event.target.dataset) viewer.close();
});

viewer.addEventListener('keydown', (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step) show(current + step);
});

viewer.addEventListener('close', () => links[current].focus());

for (const output of document.querySelectorAll('output[for]')) {
  const input = document.getElementById(output.htmlFor[0]);
  input.addEventListener('input', () => { output.value = input.value; });
}

for (const input of document.querySelectorAll('input[data-max-bytes]')) {
  input.addEventListener('change', () => {
    const limit = Number(input.dataset.maxBytes);
    const large = input.files.length > 0 && input.files[0].size > limit;
    input.setCustomValidity(large ? `This file is too large: at most ${limit / 1e6} MB.` : '');
    input.reportValidity();
  });
}
