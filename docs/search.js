'use strict';

// The search: ranks sections, glossary terms and parts of the library. A match is a word that begins with a word of
// the query; what counts is where the matches are and how many there are. Shows the best results with an excerpt.
// search_index.js has the texts.
(() => {
  const most = 30;            // results
  const mostOfAPage = 3;
  const least = 0.05;         // of the best result's score
  const excerptLength = 220;  // characters
  // How much a word counts in the heading, in the title of the page and, at most, in the text.
  const weights = {heading: 10, title: 4, text: 8};
  const whole = 2;            // a whole word counts this many times as much as the beginning of one
  const kinds = {page: 1.3, section: 1, term: 1.2, code: 0.8};

  const input = document.querySelector('#search-words');
  const list = document.querySelector('#search-found');
  const count = document.querySelector('#search-count');

  const letters = '\\p{L}\\p{N}_';
  const escaped = (word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const wordsOf = (text) => text.match(new RegExp(`[${letters}]+`, 'gu')) ?? [];
  /// Where a word, or words in a row, begin words of a text.
  const beginning = (words) => new RegExp(
      `(?<![${letters}])${wordsOf(words).map(escaped).join(`[^${letters}]+`)}([${letters}]*)`, 'giu');

  const entries = searchIndex.entries.map(([kind, page, anchor, heading, text]) => {
    const [address, title] = searchIndex.pages[page];
    // So that a search for a class finds the class before its members.
    const [name, ...outer] = heading.split('::').reverse();
    return {kind, page, title, heading, text, address: anchor ? `${address}#${anchor}` : address,
            parts: {heading: name, title: [title, ...outer].join(' '), text},
            all: `${title} ${heading} ${text}`.toLowerCase(), headingLength: wordsOf(name).length || 1};
  });

  /// What an entry is worth for a word, or for words in a row; 0 if they are not in it.
  function worth(words, pattern, {parts, all, heading, headingLength}) {
    if (!words.every((word) => all.includes(word))) return 0;
    const occurrences = (text) => {
      let sum = 0;
      for (const [, rest] of text.matchAll(pattern)) sum += rest.length <= 1 ? whole : 1;
      return sum;
    };
    const inHeading = occurrences(words.length > 1 ? heading : parts.heading) / Math.sqrt(headingLength);
    const inText = occurrences(parts.text);
    return weights.heading * Math.min(whole, inHeading) + weights.title * Math.min(whole, occurrences(parts.title)) +
        weights.text * inText / (inText + 2 * whole);
  }

  /// The best entries for a query, at most a few of each page.
  function find(query) {
    const words = [...new Set(wordsOf(query))];
    if (words.length === 0) return [];
    const asked = words.map((word) => [word]);
    if (words.length > 1) asked.push(words);  // in a row, which counts like one more word
    const scores = entries.map(() => ({sum: 0, found: 0}));
    let all = 0;
    for (const part of asked) {
      const pattern = beginning(part.join(' '));
      const worths = entries.map((entry) => worth(part, pattern, entry));
      const rarity = Math.log(1 + entries.length / (1 + worths.filter(Boolean).length));
      all += rarity;
      worths.forEach((value, i) => {
        if (value === 0) return;
        scores[i].sum += rarity * value;
        scores[i].found += rarity;
      });
    }
    const found = entries.map((entry, i) =>
      ({entry, score: kinds[entry.kind] * scores[i].sum * (scores[i].found / all) ** 2}));
    found.sort((a, b) => b.score - a.score);
    const ofPage = new Map();
    return found.filter(({entry, score}) => {
      if (score === 0 || score < least * found[0].score) return false;
      ofPage.set(entry.page, (ofPage.get(entry.page) ?? 0) + 1);
      return ofPage.get(entry.page) <= mostOfAPage;
    }).slice(0, most).map(({entry}) => entry);
  }

  /// Puts a text into an element, with the words marked.
  function put(element, text, words) {
    const pattern = new RegExp(`(?<![${letters}])(?:${words.map(escaped).join('|')})[${letters}]*`, 'giu');
    let end = 0;
    for (const match of text.matchAll(pattern)) {
      const mark = document.createElement('mark');
      mark.textContent = match[0];
      element.append(text.slice(end, match.index), mark);
      end = match.index + match[0].length;
    }
    element.append(text.slice(end));
    return element;
  }

  /// The part of a text that begins shortly before the place where most words of the query are close together. If a
  /// word of the query is in the title of a page, the beginning of the page.
  function excerpt({kind, heading, text}, words) {
    const isAboutIt = kind === 'page' && words.some((word) => beginning(word).test(heading));
    const places = words.flatMap((word) => [...text.matchAll(beginning(word))].map(({index}) => ({word, index})));
    const near = ({index}) => new Set(places.filter((other) => other.index >= index &&
        other.index < index + excerptLength / 2).map(({word}) => word)).size;
    const counts = places.map(near);
    const best = places[counts.indexOf(Math.max(...counts))]?.index ?? 0;
    const from = isAboutIt ? 0 : Math.max(0, best - 60);
    const begin = from ? text.indexOf(' ', from) + 1 : 0;
    const end = begin + excerptLength < text.length ? text.lastIndexOf(' ', begin + excerptLength) : text.length;
    return (begin ? '… ' : '') + text.slice(begin, end) + (end < text.length ? ' …' : '');
  }

  function item(entry, words) {
    const {title, heading, address} = entry;
    const made = (tag, content) => Object.assign(document.createElement(tag), {textContent: content});
    const link = Object.assign(document.createElement('a'), {href: address});
    if (heading !== title) link.append(made('span', title));
    link.append(made('strong', heading));
    const all = document.createElement('li');
    all.append(link, put(document.createElement('p'), excerpt(entry, words), words));
    return all;
  }

  function show() {
    const query = input.value.trim().toLowerCase();
    const words = wordsOf(query);
    const found = find(query);
    list.replaceChildren(...found.map((entry) => item(entry, words)));
    count.textContent = words.length === 0 ? ''
        : found.length === 0 ? 'Nothing was found.'
        : found.length === 1 ? '1 result' : `${found.length === most ? 'The best ' : ''}${found.length} results`;
    const address = new URL(location);
    address.search = words.length ? `?q=${encodeURIComponent(query)}` : '';
    history.replaceState(null, '', address);
    document.title = document.title.replace(/^.*?(?= - )/, query ? `Search: ${query}` : 'Search');
  }

  // Up and down move between the input and the results.
  document.querySelector('.search').addEventListener('keydown', (event) => {
    const steps = {ArrowDown: 1, ArrowUp: -1};
    if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
    const places = [input, ...list.querySelectorAll('a')];
    const next = places[places.indexOf(document.activeElement) + steps[event.key]];
    if (!next) return;
    next.focus();
    event.preventDefault();
  });
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') list.querySelector('a')?.click();
  });

  input.value = new URLSearchParams(location.search).get('q') ?? '';
  input.addEventListener('input', show);
  show();
})();
