// On a phone the cards for the curious are folded, so that the page is not long; a button in their head opens them.

import { h } from './dom.js'

export function foldCards() {
  for (const card of document.querySelectorAll('.card[data-folded]')) {
    const title = card.querySelector('h2')
    const button = h('button', {
      type: 'button',
      class: 'quiet fold',
      'aria-expanded': 'false',
      text: 'Show',
      'aria-describedby': title.id,
    })
    button.addEventListener('click', () => {
      const isFolded = card.toggleAttribute('data-folded')
      button.textContent = isFolded ? 'Show' : 'Hide'
      button.setAttribute('aria-expanded', String(!isFolded))
    })
    card.querySelector('.card-head').append(button)
  }
}
