// Package report formats results as tables, Markdown, JSON, SARIF and by templates.
// The results themselves come from other packages.
package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"
)

// A Style is how a row stands out on a terminal.
type Style string

// The styles, as the parameters of the terminal's SGR sequence.
const (
	Plain   Style = ""
	Bold    Style = "1"
	Added   Style = "32"
	Removed Style = "31"
	Changed Style = "33"
)

// A Column is one of a [Table].
type Column struct {
	Title string
	// Right aligns to the right, as figures are.
	Right bool
	// Flex marks a column that gives way where the table is too wide.
	Flex bool
}

// A Row is one of a [Table].
type Row struct {
	Cells []string
	Style Style
}

// A Table is rows under columns. Cells are printed as they are: what comes
// from an image goes through [Quote] first.
type Table struct {
	Title   string
	Columns []Column
	Rows    []Row
	// Each yields the rows instead of Rows, for a table that is too long to be
	// kept. It is called more than once.
	Each iter.Seq[Row]
	// Wrap lets a table that is too wide go on below itself: the first column
	// is repeated and the others are dealt out.
	Wrap  bool
	Notes []string
}

// Add appends a plain row.
func (t *Table) Add(cells ...string) { t.Rows = append(t.Rows, Row{Cells: cells}) }

// A Screen is what a text table has to fit.
type Screen struct {
	// Width is in columns; 0 doesn't limit it.
	Width int
	// Color allows terminal escapes.
	Color bool
}

func (t *Table) rows() iter.Seq[Row] {
	if t.Each != nil {
		return t.Each
	}
	return slices.Values(t.Rows)
}

func (t *Table) empty() bool {
	for range t.rows() {
		return false
	}
	return true
}

const gap = "  "

// Text writes the table for people.
func (t *Table) Text(w io.Writer, screen Screen) error {
	b := bufio.NewWriterSize(w, 64<<10)
	if t.Title != "" {
		fmt.Fprintln(b, screen.paint(t.Title, Bold))
	}
	for i, part := range t.parts(screen.Width) {
		if i > 0 {
			fmt.Fprintln(b)
		}
		part.text(b, screen)
	}
	for _, note := range t.Notes {
		for _, line := range wrap(note, screen.Width) {
			fmt.Fprintln(b, line)
		}
	}
	return b.Flush()
}

// wrap breaks text between words into lines of at most width runes, where the
// words allow it; 0 doesn't.
func wrap(text string, width int) []string {
	if width <= 0 || utf8.RuneCountInString(text) <= width {
		return []string{text}
	}
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}

func (s Screen) paint(text string, style Style) string {
	if !s.Color || style == Plain {
		return text
	}
	return "\x1b[" + string(style) + "m" + text + "\x1b[0m"
}

func (t *Table) text(b *bufio.Writer, screen Screen) {
	if t.empty() {
		return
	}
	widths := t.widths(screen.Width)
	var titles []string
	for _, c := range t.Columns {
		titles = append(titles, c.Title)
	}
	if strings.Join(titles, "") != "" {
		fmt.Fprintln(b, screen.paint(t.line(titles, widths), Bold))
	}
	for row := range t.rows() {
		b.WriteString(screen.paint(t.line(row.Cells, widths), row.Style))
		b.WriteByte('\n')
	}
}

func (t *Table) line(cells []string, widths []int) string {
	line := make([]byte, 0, 128)
	pad := func(n int) {
		for range n {
			line = append(line, ' ')
		}
	}
	for i, cell := range cells {
		if i > 0 {
			line = append(line, gap...)
		}
		cell = clip(cell, widths[i])
		fill := widths[i] - utf8.RuneCountInString(cell)
		if t.Columns[i].Right {
			pad(fill)
			line = append(line, cell...)
		} else {
			line = append(line, cell...)
			pad(fill)
		}
	}
	return string(bytes.TrimRight(line, " "))
}

// clip cuts s to width runes, the last of which says that it was cut.
func clip(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	if width < 1 {
		return ""
	}
	return string([]rune(s)[:width-1]) + "…"
}

// minFlex is what remains of a column that gives way.
const minFlex = 12

func (t *Table) widths(limit int) []int {
	widths := make([]int, len(t.Columns))
	total := 0
	for i, c := range t.Columns {
		widths[i] = utf8.RuneCountInString(c.Title)
	}
	for row := range t.rows() {
		for i, cell := range row.Cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, width := range widths {
		total += width + len(gap)
	}
	for over := total - len(gap) - limit; limit > 0 && over > 0; over-- {
		widest := t.widestFlex(widths)
		if widest < 0 {
			break
		}
		widths[widest]--
	}
	return widths
}

// widestFlex returns the column to be narrowed next, -1 where there is none.
func (t *Table) widestFlex(widths []int) int {
	widest := -1
	for i, c := range t.Columns {
		if c.Flex && widths[i] > minFlex && (widest < 0 || widths[i] > widths[widest]) {
			widest = i
		}
	}
	return widest
}

// parts deals the columns out over as many tables as the width asks for.
func (t *Table) parts(limit int) []*Table {
	if !t.Wrap || limit <= 0 || len(t.Columns) < 3 {
		return []*Table{t}
	}
	widths := t.widths(0)
	var parts []*Table
	for from := 1; from < len(t.Columns); {
		used, to := widths[0], from
		for to < len(t.Columns) && (to == from || used+len(gap)+widths[to] <= limit) {
			used += len(gap) + widths[to]
			to++
		}
		parts = append(parts, t.slice(from, to))
		from = to
	}
	return parts
}

func (t *Table) slice(from, to int) *Table {
	part := &Table{Columns: append([]Column{t.Columns[0]}, t.Columns[from:to]...)}
	for row := range t.rows() {
		cells := append([]string{row.Cells[0]}, row.Cells[from:to]...)
		part.Rows = append(part.Rows, Row{cells, row.Style})
	}
	return part
}

// Markdown writes the table in GitHub's dialect.
func (t *Table) Markdown(w io.Writer) error {
	b := bufio.NewWriter(w)
	if t.Title != "" {
		fmt.Fprintf(b, "### %s\n\n", markdownEscape(t.Title))
	}
	t.markdownRows(b)
	for _, note := range t.Notes {
		fmt.Fprintf(b, "\n%s\n", markdownEscape(note))
	}
	return b.Flush()
}

func (t *Table) markdownRows(b *bufio.Writer) {
	if t.empty() {
		return
	}
	var titles, rules []string
	for _, c := range t.Columns {
		titles = append(titles, c.Title)
		if c.Right {
			rules = append(rules, "---:")
		} else {
			rules = append(rules, "---")
		}
	}
	markdownRow(b, titles)
	fmt.Fprintf(b, "| %s |\n", strings.Join(rules, " | "))
	for row := range t.rows() {
		markdownRow(b, row.Cells)
	}
}

func markdownRow(b *bufio.Writer, cells []string) { b.WriteString(markdownCells(cells)) }

// markdownCells returns a row of a table.
func markdownCells(cells []string) string {
	var b strings.Builder
	for _, cell := range cells {
		text := strings.TrimLeft(cell, " ")
		indent := strings.Repeat("&nbsp;", len(cell)-len(text)) // spaces alone would be lost
		fmt.Fprintf(&b, "| %s%s ", indent, markdownEscape(text))
	}
	return b.String() + "|\n"
}

// markdownSpecials are the characters that mean something in a cell.
var markdownSpecials = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "\n", " ")

func markdownEscape(s string) string { return markdownSpecials.Replace(s) }
