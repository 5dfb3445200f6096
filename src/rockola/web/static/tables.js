// Tables of numbers: the first cell of each row says what the row is.

export function fillTable(table, head, rows) {
  table.tHead.replaceChildren(row(head, () => heading("col")));
  table.tBodies[0].replaceChildren(...rows.map((texts) => row(texts, (index) => (index ? document.createElement("td") : heading("row")))));
}

function row(texts, cellOf) {
  const made = document.createElement("tr");
  texts.forEach((text, index) => {
    const cell = cellOf(index);
    cell.textContent = text;
    made.append(cell);
  });
  return made;
}

function heading(scope) {
  const cell = document.createElement("th");
  cell.scope = scope;
  return cell;
}
