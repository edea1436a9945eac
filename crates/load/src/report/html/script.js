'use strict';
// Tells the figures of the place under the pointer, or of the one that the arrow keys have come to; the
// page is whole without it.
for (const figure of document.querySelectorAll('figure.plot')) {
  const slots = [...figure.querySelectorAll('.slots li')].map((li) => ({ x: Number(li.dataset.x), text: li.textContent }));
  const readout = figure.querySelector('.readout');
  if (!slots.length || !readout) continue;
  const svg = figure.querySelector('svg');
  const region = figure.querySelector('.scroll');
  const cursor = figure.querySelector('.cursor');
  const last = slots.length - 1;
  let at = -1;
  const tell = (index) => {
    at = index;
    const slot = slots[at];
    readout.textContent = slot ? slot.text : 'For the figures of a moment, point at the plot, or go to it and use the arrow keys.';
    if (slot) cursor.setAttribute('transform', `translate(${slot.x} 0)`);
    cursor.setAttribute('visibility', slot ? 'visible' : 'hidden');
  };
  const point = (event) => {
    const box = svg.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * svg.viewBox.baseVal.width;
    tell(slots.reduce((best, slot, index) => (Math.abs(slot.x - x) < Math.abs(slots[best].x - x) ? index : best), 0));
  };
  readout.hidden = false;
  tell(-1);
  svg.addEventListener('pointermove', point);
  svg.addEventListener('pointerdown', point);
  // A finger that is lifted has not gone elsewhere.
  svg.addEventListener('pointerleave', (event) => event.pointerType === 'mouse' && tell(-1));
  region.addEventListener('keydown', (event) => {
    const to = { ArrowLeft: at < 0 ? last : Math.max(at - 1, 0), ArrowRight: Math.min(at + 1, last), Home: 0, End: last, Escape: -1 }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    tell(to);
    // Where the plot is wider than its place, the moment is brought into it.
    if (to >= 0) region.scrollLeft = (slots[to].x / svg.viewBox.baseVal.width) * svg.getBoundingClientRect().width - region.clientWidth / 2;
  });
}
