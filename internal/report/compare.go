package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"devops-go/internal/compare"
)

// Comparison documents images side by side.
func Comparison(c compare.Comparison) Document {
	figures := &Table{Columns: []Column{{Title: "image"}}, Wrap: true}
	fleet := &Table{
		Title:   fmt.Sprintf("%d nodes, %d pulls per day, %s", c.Fleet.Nodes, c.Fleet.PullsPerDay, Rate(c.Fleet.Link)),
		Columns: []Column{{Title: "image"}}, Wrap: true, Notes: []string{sizesNote},
	}
	var facts, costs [][]fact
	for _, item := range c.Images {
		title := Quote(item.Image)
		if slices.ContainsFunc(c.Images, func(other compare.Item) bool { return other.Image == item.Image && other.Platform != item.Platform }) {
			title += " " + Quote(item.Platform)
		}
		column := Column{Title: title, Right: true}
		figures.Columns = append(figures.Columns, column)
		fleet.Columns = append(fleet.Columns, column)
		facts = append(facts, comparisonFacts(item))
		costs = append(costs, costFacts(item.Fleet))
	}
	figures.addFacts(facts)
	fleet.addFacts(costs)
	for _, item := range c.Images {
		if item.Size == nil {
			figures.Notes = append(figures.Notes, unreadNote(item.Unread))
			break
		}
		if item.Transfer == nil {
			figures.Notes = append(figures.Notes, "? transfer is unknown because layers are stored uncompressed.")
			break
		}
	}
	return Document{Tables: []*Table{figures, fleet}, Value: c}
}

// addFacts adds a row for each fact, with a cell for each list.
func (t *Table) addFacts(lists [][]fact) {
	for i, f := range lists[0] {
		cells := []string{f.name}
		for _, list := range lists {
			cells = append(cells, list[i].value)
		}
		t.Add(cells...)
	}
}

func comparisonFacts(item compare.Item) []fact {
	return []fact{
		{"platform", Quote(item.Platform)},
		{"size", SizeOf(item.Size)},
		{"transfer", SizeOf(item.Transfer)},
		{"net", SizeOf(item.Net)},
		{"tare", SizeOf(item.Tare)},
		{"dead", SizeOf(item.Dead)},
		{"layers", strconv.Itoa(item.Layers)},
		{"files", Count(item.Files)},
		{"shared layers", strconv.Itoa(item.SharedLayers)},
		{"shared size", SizeOf(item.SharedSize)},
		{"shared transfer", SizeOf(item.SharedTransfer)},
		{"reduction", Percent(item.Reduction)},
		{"transfer reduction", Percent(item.TransferReduction)},
	}
}

func costFacts(c compare.Cost) []fact {
	pull := Unknown
	if c.PullSeconds != nil {
		pull = Duration(c.PullTime())
	}
	return []fact{
		{"storage", SizeOf(c.Storage)},
		{"bandwidth per day", SizeOf(c.BandwidthPerDay)},
		{"time per pull", pull},
	}
}

// Rate writes bits a second.
func Rate(bits int64) string {
	value, unit := float64(bits), ""
	for _, next := range []string{"k", "M", "G", "T"} {
		if value < 1000 {
			break
		}
		value, unit = value/1000, next
	}
	return strconv.FormatFloat(value, 'g', 4, 64) + unit + "bps"
}

// Duration writes how long something takes, to three digits.
func Duration(d time.Duration) string {
	switch {
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < 100*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return strings.TrimSuffix(d.Round(time.Minute).String(), "0s")
}
