'use strict';
// Tells the figures of the place under the pointer; the page is whole without it.
for (const figure of document.querySelectorAll('figure.plot')) {
  const slots = [...figure.querySelectorAll('.slots li')].map((li) => ({ x: Number(li.dataset.x), text: li.textContent }));
  const readout = figure.querySelector('.readout');
  if (!slots.length || !readout) continue;
  const svg = figure.querySelector('svg');
  const cursor = figure.querySelector('.cursor');
  const idle = 'Point at the plot for the figures of a moment.';
  readout.hidden = false;
  readout.textContent = idle;
  svg.addEventListener('pointermove', (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    const near = slots.reduce((best, slot) => (Math.abs(slot.x - x) < Math.abs(best.x - x) ? slot : best));
    readout.textContent = near.text;
    cursor.setAttribute('transform', `translate(${near.x} 0)`);
    cursor.setAttribute('visibility', 'visible');
  });
  svg.addEventListener('pointerleave', () => {
    readout.textContent = idle;
    cursor.setAttribute('visibility', 'hidden');
  });
}
