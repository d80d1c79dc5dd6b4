
/* Draws the map of bytes from the rows of the tables above which it stands. All facts are in the
   tables: without this script nothing is missing but the picture. */
(function () {
  'use strict';
  var GAP = 2, HEAD = 22, LEAST = 22;

  function make(tag, attributes, text) {
    var element = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (key) {
      element.setAttribute(key, attributes[key]);
    });
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /* --- the tree --- */

  function rows(sizes, level) {
    var found = sizes.querySelectorAll('table[data-level="' + level + '"] tbody tr');
    return Array.prototype.map.call(found, function (row) {
      var name = row.cells[0].querySelector('bdi') || row.cells[0];
      return { name: name.textContent, bytes: Number(row.dataset.bytes), row: row, rest: 'rest' in row.dataset,
        colour: 'k' + (level === 'crate' ? row.sectionRowIndex % 7 : 'code' in row.dataset ? 9 : level === 'function' ? 0 :
          row.dataset.custom === undefined ? 8 : 7), children: [] };
    });
  }

  /* What the parts leave of the whole is a part too. */
  function add_rest(node, name) {
    var left = node.children.reduce(function (sum, child) { return sum - child.bytes; }, node.bytes);
    if (node.children.length && left > 0)
      node.children.push({ name: name, bytes: left, rest: true, colour: node.colour, children: [] });
  }

  function build(sizes) {
    var root = { name: sizes.dataset.name, bytes: Number(sizes.dataset.bytes), colour: 'k8', children: rows(sizes, 'section') };
    var code = root.children.filter(function (node) { return 'code' in node.row.dataset; })[0];
    var crates = rows(sizes, 'crate'), functions = rows(sizes, 'function'), loose = code;
    add_rest(root, 'headers of sections');
    if (!code) return root;
    code.children = crates.slice();
    if (crates.length) {
      add_rest(code, 'no known crate');
      loose = code.children[crates.length] || code;
      loose.rest = false;
      loose.colour = 'k7';
    }
    functions.forEach(function (node) {
      var crate = crates[node.row.dataset.crate] || loose;
      node.colour = crate === code ? 'k0' : crate.colour;
      if (!node.rest) crate.children.push(node);
    });
    code.children.forEach(function (crate) { add_rest(crate, 'smaller functions'); });
    if (loose === code) add_rest(code, 'smaller functions');
    return root;
  }

  /* --- the layout: squarified --- */

  function worst(row, sum, side) {
    var most = row[0].area, least = row[row.length - 1].area;
    return Math.max(side * side * most / (sum * sum), sum * sum / (side * side * least));
  }

  /* Lays a row along the shorter side of what is left of `space`, which shrinks. */
  function place_row(row, sum, space) {
    var wide = space.width >= space.height, side = wide ? space.height : space.width;
    var depth = sum / side, at = 0;
    row.forEach(function (item) {
      var length = item.area / depth;
      item.box = wide ? { left: space.left, top: space.top + at, width: depth, height: length }
        : { left: space.left + at, top: space.top, width: length, height: depth };
      at += length;
    });
    if (wide) { space.left += depth; space.width -= depth; } else { space.top += depth; space.height -= depth; }
  }

  function squarify(items, space) {
    var row = [], sum = 0, side;
    space = { left: space.left, top: space.top, width: space.width, height: space.height };
    items.forEach(function (item) {
      side = Math.min(space.width, space.height);
      if (row.length && worst(row.concat(item), sum + item.area, side) > worst(row, sum, side)) {
        place_row(row, sum, space);
        row = [];
        sum = 0;
      }
      row.push(item);
      sum += item.area;
    });
    if (row.length) place_row(row, sum, space);
  }

  /* The children as boxes in `space`; what would be too small to see or touch is one box. */
  function lay_out(node, space) {
    var sorted = node.children.filter(function (child) { return child.bytes > 0; });
    sorted.sort(function (a, b) { return b.bytes - a.bytes; });
    var sum = sorted.reduce(function (all, child) { return all + child.bytes; }, 0);
    var scale = space.width * space.height / sum, small = [], items = [];
    sorted.forEach(function (child) {
      if (child.bytes * scale < LEAST * LEAST) small.push(child);
      else items.push({ node: child, area: child.bytes * scale });
    });
    if (small.length) {
      var bytes = small.reduce(function (all, child) { return all + child.bytes; }, 0);
      var only = small.length === 1 && small[0];
      var other = only || { name: small.length + ' smaller', bytes: bytes, rest: true, colour: small[0].colour,
        children: small };
      if (bytes * scale > 40 || items.length === 0) items.push({ node: other, area: bytes * scale });
    }
    items.sort(function (a, b) { return b.area - a.area; });
    squarify(items, space);
    return items;
  }

  /* --- the map --- */

  function bytes_text(bytes) {
    return bytes.toLocaleString('en-US') + (bytes === 1 ? ' byte' : ' bytes');
  }

  function short_text(bytes) {
    if (bytes < 1024) return bytes + ' B';
    return bytes < 1048576 ? (bytes / 1024).toFixed(1) + ' KiB' : (bytes / 1048576).toFixed(1) + ' MiB';
  }

  function share_text(part, whole) {
    var share = 100 * part / whole;
    return share > 0 && share < 0.1 ? '< 0.1 %' : share.toFixed(1) + ' %';
  }

  /* What fits a box: "<a::b::Edit<a::Op> as a::Run>::close" is "Edit::close". The rest is read out. */
  function label(name) {
    var text = '', depth = 0, left_out = false, leading = name[0] === '<', i, c;
    for (i = 0; i < name.length; i++) {
      c = name[i];
      if (c === '<') depth++;
      else if (c === '>') depth = Math.max(0, depth - 1);
      else if (depth === 0 || (leading && depth === 1 && !left_out)) {
        if (depth === 1 && name.slice(i, i + 4) === ' as ') left_out = true;
        else text += c;
      }
      if (depth === 0) leading = false;
    }
    return text.split('::').slice(-2).join('::') || name;
  }

  function Map_of(sizes, element) {
    var self = this;
    this.root = build(sizes);
    this.trail = [this.root];
    this.path = make('ol', { 'class': 'path' });
    this.boxes = make('div', { 'class': 'boxes', role: 'group', 'aria-label': 'Map of bytes' });
    this.told = make('p', { 'class': 'told' });
    this.status = make('p', { 'class': 'hidden', role: 'status' });
    var way = make('nav', { 'aria-label': 'Place in the map of ' + this.root.name });
    way.appendChild(this.path);
    element.appendChild(way);
    element.appendChild(this.boxes);
    element.appendChild(this.told);
    element.appendChild(make('p', { 'class': 'hint' },
      'Click a part to open it. On the keyboard: arrows move, Enter opens, Escape goes back. ' +
      'The tables below say the same.'));
    element.appendChild(this.status);
    element.hidden = false;
    this.boxes.addEventListener('keydown', function (event) { self.key(event); });
    this.draw();
    new ResizeObserver(function () {
      if (self.boxes.clientWidth !== self.width) self.draw();
    }).observe(this.boxes);
  }

  Map_of.prototype.node = function () { return this.trail[this.trail.length - 1]; };

  Map_of.prototype.draw = function (wanted) {
    var node = this.node(), self = this, had = this.boxes.contains(document.activeElement);
    var kept = had && document.activeElement.node;
    this.width = this.boxes.clientWidth;
    this.height = Math.round(Math.max(280, Math.min(520, this.width * (this.width < 600 ? 1.05 : 0.52))));
    this.boxes.style.height = this.height + 'px';
    this.boxes.textContent = '';
    this.draw_path();
    lay_out(node, { left: 0, top: 0, width: this.width, height: this.height }).forEach(function (item) {
      self.draw_item(item);
    });
    var all = this.all();
    var next = all.filter(function (box) { return box.node === (wanted || kept); })[0] || all[0];
    all.forEach(function (box) { box.tabIndex = box === next ? 0 : -1; });
    if ((had || wanted) && next) next.focus({ preventScroll: true });
    this.tell(next ? next.node : node);
  };

  Map_of.prototype.draw_item = function (item) {
    var box = item.box, self = this, inside = item.node.children.length > 1 && !item.node.rest &&
      box.width > 90 && box.height > 70;
    this.add_box(item.node, box, inside ? ' outer' : '');
    if (!inside) return;
    lay_out(item.node, { left: box.left + GAP + 1, top: box.top + HEAD, width: box.width - 2 * GAP - 2,
      height: box.height - HEAD - GAP - 1 }).forEach(function (inner) {
      self.add_box(inner.node, inner.box, ' inner');
    });
  };

  /* What is read out is what is seen, and more. */
  Map_of.prototype.add_box = function (node, box, names) {
    var self = this, bare = box.width < 34 || box.height < 20, opens = node.children.length > 0;
    var button = make('button', { type: 'button', 'class': 'box ' + node.colour + names + (bare ? ' bare' : '') + (opens ? ' opens' : '') });
    var low = names === ' outer' || box.height < 38;
    var shown = node.row && node.row.closest('[data-level="function"]') ? label(node.name) : node.name;
    button.appendChild(make('span', { 'class': 'name' }, shown + (names === ' outer' ? '  ' + short_text(node.bytes) : '')));
    if (names !== ' outer')
      button.appendChild(make('span', { 'class': low ? 'hidden' : '' }, ' ' + short_text(node.bytes)));
    button.appendChild(make('span', { 'class': 'hidden' }, (shown === node.name ? '' : ', ' + node.name) + ', ' + share_text(node.bytes, this.root.bytes) + (opens ? ', opens' : '')));
    button.style.left = box.left.toFixed(1) + 'px';
    button.style.top = box.top.toFixed(1) + 'px';
    button.style.width = Math.max(box.width, 3).toFixed(1) + 'px';
    button.style.height = Math.max(box.height, 3).toFixed(1) + 'px';
    button.node = node;
    button.box = box;
    button.addEventListener('click', function () { self.choose(node); });
    button.addEventListener('mouseenter', function () { self.tell(node); });
    button.addEventListener('focus', function () { self.tell(node); });
    this.boxes.appendChild(button);
  };

  Map_of.prototype.draw_path = function () {
    var self = this;
    this.path.textContent = '';
    this.trail.forEach(function (node, depth) {
      var item = make('li'), last = depth === self.trail.length - 1;
      var step = last ? make('span', { 'aria-current': 'true' }, node.name) : make('button', { type: 'button' }, node.name);
      if (!last) step.addEventListener('click', function () { self.back(depth); });
      item.appendChild(step);
      self.path.appendChild(item);
    });
  };

  Map_of.prototype.all = function () { return Array.prototype.slice.call(this.boxes.children); };

  Map_of.prototype.describe = function (node) {
    return node.name + ': ' + bytes_text(node.bytes) + ', ' + share_text(node.bytes, this.root.bytes);
  };

  Map_of.prototype.tell = function (node) {
    this.told.textContent = '';
    this.told.appendChild(make('strong', {}, node.name));
    this.told.appendChild(document.createTextNode(': ' + bytes_text(node.bytes) + ', ' +
      share_text(node.bytes, this.root.bytes) + ' of ' + this.root.name +
      (node.children && node.children.length ? ', ' + node.children.length + ' parts' : '')));
  };

  /* --- moving --- */

  Map_of.prototype.choose = function (node) {
    if (node.children.length) {
      this.trail.push(node);
      this.draw(node);
      this.status.textContent = 'Showing ' + this.describe(node) + ', ' + node.children.length + ' parts';
      return;
    }
    this.all().forEach(function (box) { box.classList.toggle('chosen', box.node === node); });
    this.tell(node);
    this.status.textContent = this.describe(node);
  };

  Map_of.prototype.back = function (depth) {
    var left = this.trail[depth + 1];
    this.trail.length = depth + 1;
    this.draw(left);
    this.status.textContent = 'Showing ' + this.describe(this.node());
  };

  /* The nearest box that lies in that direction from the middle of this one. */
  Map_of.prototype.beside = function (from, x, y) {
    var best = null, least = Infinity, middle = { x: from.left + from.width / 2, y: from.top + from.height / 2 };
    this.all().forEach(function (box) {
      var dx = box.box.left + box.box.width / 2 - middle.x, dy = box.box.top + box.box.height / 2 - middle.y;
      var along = dx * x + dy * y, across = Math.abs(dx * y) + Math.abs(dy * x);
      if (along > 1 && along + 2 * across < least) {
        least = along + 2 * across;
        best = box;
      }
    });
    return best;
  };

  Map_of.prototype.key = function (event) {
    var all = this.all(), here = document.activeElement, next = null;
    var steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.altKey || event.ctrlKey || event.metaKey || !here.box) return;
    if (steps[event.key]) next = this.beside(here.box, steps[event.key][0], steps[event.key][1]);
    else if (event.key === 'Home') next = all[0];
    else if (event.key === 'End') next = all[all.length - 1];
    else if (event.key === 'Escape' && this.trail.length > 1) this.back(this.trail.length - 2);
    else return;
    event.preventDefault();
    if (!next) return;
    here.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  };

  Array.prototype.forEach.call(document.querySelectorAll('.sizes'), function (sizes) {
    var element = sizes.querySelector('.map');
    if (sizes.querySelector('tbody tr') && window.ResizeObserver) new Map_of(sizes, element);
  });

  /* What is folded is not printed. */
  window.addEventListener('beforeprint', function () {
    Array.prototype.forEach.call(document.querySelectorAll('details'), function (list) { list.open = true; });
  });
})();
