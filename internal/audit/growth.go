package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"devops-go/internal/size"
)

// A Baseline is what an image weighed before, and how much it may grow.
type Baseline struct {
	// Name is the image or the report it is from.
	Name string
	// Size and Transfer are nil where they aren't known.
	Size, Transfer *int64
	MaxGrowth      Growth
}

// A Growth is a part of the baseline, as 1%, or bytes, as 100kB.
type Growth struct {
	Share float64
	Bytes size.Bytes
}

// ParseGrowth parses 1%, 0.5 % or 100kB.
func ParseGrowth(text string) (Growth, error) {
	percent, ok := strings.CutSuffix(strings.TrimSpace(text), "%")
	if !ok {
		n, err := size.Parse(text)
		if err != nil {
			return Growth{}, fmt.Errorf("growth %q: want a percentage, such as 1%%, or a size, such as 100kB", text)
		}
		return Growth{Bytes: n}, nil
	}
	value, err := strconv.ParseFloat(strings.TrimSpace(percent), 64)
	if err != nil || !(value >= 0 && value <= 1e6) {
		return Growth{}, fmt.Errorf("growth %q: want a percentage, such as 1%%, or a size, such as 100kB", text)
	}
	return Growth{Share: value / 100}, nil
}

// wantsTransfer reports whether the transfer size is needed.
func (b *Baseline) wantsTransfer() bool { return b != nil && b.Transfer != nil }

// judge checks the growth of the figures over the baseline.
func (b *Baseline) judge(r *Report) []Budget {
	if b == nil {
		return nil
	}
	var list []Budget
	hold := func(name string, figure, before *int64) {
		if before == nil {
			return
		}
		limit := float64(*before)*(1+b.MaxGrowth.Share) + float64(b.MaxGrowth.Bytes)
		budget := most(name, Bytes, number(figure), limit)
		budget.Growth = true
		budget.Note = fmt.Sprintf("%d bytes in %s", *before, b.Name)
		list = append(list, budget)
	}
	hold("maxGrowth of size", r.Size, b.Size)
	hold("maxGrowth of transfer", r.Transfer, b.Transfer)
	return list
}

// maxReport bounds the reports of earlier runs.
const maxReport = 256 << 20

// ReadBaseline takes the figures of an image from a JSON report of tare audit
// or tare weigh: those of the image of that name or repository, or of the only
// image in it.
func ReadBaseline(r io.Reader, image string) (*Baseline, error) {
	type figures struct {
		Image    string `json:"image"`
		Size     *int64 `json:"size"`
		Transfer *int64 `json:"transfer"`
	}
	var report struct {
		Schema int       `json:"schema"`
		Images []figures `json:"images"`
		figures
	}
	b, err := readAll(r, maxReport)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(b, &report); err != nil {
		return nil, plainer(err)
	}
	if report.Schema != 1 {
		return nil, fmt.Errorf("schema %d: want a report of tare audit or tare weigh with schema 1", report.Schema)
	}
	list := report.Images
	if report.figures.Image != "" {
		list = append(list, report.figures)
	}
	for _, same := range []func(figures) bool{
		func(f figures) bool { return f.Image == image },
		func(f figures) bool { return repository(f.Image) == repository(image) },
		func(figures) bool { return len(list) == 1 },
	} {
		for _, f := range list {
			if !same(f) {
				continue
			}
			if f.Size == nil && f.Transfer == nil {
				return nil, errors.New("the report has neither size nor transfer of the image")
			}
			return &Baseline{Size: f.Size, Transfer: f.Transfer}, nil
		}
	}
	return nil, fmt.Errorf("the report has %d images, none of them %q", len(list), image)
}
