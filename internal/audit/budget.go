package audit

import (
	"fmt"

	"devops-go/internal/layers"
	"devops-go/internal/size"
)

// Budgets are limits for the figures of an image; nil is no limit.
type Budgets struct {
	Comment       string      `json:"//,omitempty"`
	MaxSize       *size.Bytes `json:"maxSize,omitempty"`
	MaxTransfer   *size.Bytes `json:"maxTransfer,omitempty"`
	MaxLayers     *int64      `json:"maxLayers,omitempty"`
	MaxFiles      *int64      `json:"maxFiles,omitempty"`
	MaxDead       *size.Bytes `json:"maxDead,omitempty"`
	MaxTare       *size.Bytes `json:"maxTare,omitempty"`
	MaxWasted     *size.Bytes `json:"maxWasted,omitempty"`
	MinEfficiency *float64    `json:"minEfficiency,omitempty"`
	// EfficiencyFloor is how many bytes must be wasted before MinEfficiency
	// counts; nil is 20 MB.
	EfficiencyFloor *size.Bytes `json:"efficiencyFloor,omitempty"`
	// MaxUserWasted is the share of the bytes above the first layer that may be
	// wasted, as dive has it.
	MaxUserWasted *float64 `json:"maxUserWasted,omitempty"`
}

// A Budget is a limit and how the image stands to it. Figures are bytes,
// counts, or shares of one, as Unit says.
type Budget struct {
	Name   string   `json:"name"`
	Unit   string   `json:"unit"`
	Figure *float64 `json:"figure"`
	Limit  float64  `json:"limit"`
	// Left is the room left, negative when over.
	Left *float64 `json:"left"`
	Over bool     `json:"over"`
	// Note says why a figure is not checked against its limit.
	Note string `json:"note,omitempty"`
	// Growth marks those of the baseline.
	Growth bool `json:"growth,omitempty"`
}

// The units of budgets.
const (
	Bytes = "bytes"
	Count = "count"
	Share = "share"
)

// String says that the budget is exceeded, with exact figures.
func (b Budget) String() string {
	switch {
	case b.Figure == nil:
		return b.Name + ": not known"
	case b.Unit == Share:
		return fmt.Sprintf("%s: %.2f %%, the limit is %.2f %%", b.Name, *b.Figure*100, b.Limit*100)
	case b.Unit == Bytes:
		return fmt.Sprintf("%s: %.0f bytes, the limit is %.0f", b.Name, *b.Figure, b.Limit)
	}
	return fmt.Sprintf("%s: %.0f, the limit is %.0f", b.Name, *b.Figure, b.Limit)
}

// most returns the budget of a figure that may be at most limit.
func most(name, unit string, figure *float64, limit float64) Budget {
	b := Budget{Name: name, Unit: unit, Figure: figure, Limit: limit}
	if figure == nil {
		b.Note = "not known for this image"
		return b
	}
	left := limit - *figure
	b.Left, b.Over = &left, left < 0
	return b
}

func number[T int | int64](n *T) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}

// judge checks the figures of the report against the budgets.
func (l *Budgets) judge(r *Report, s *layers.Stack) []Budget {
	list := []Budget{}
	bytes := func(name string, figure *int64, limit *size.Bytes) {
		if limit != nil {
			list = append(list, most(name, Bytes, number(figure), float64(*limit)))
		}
	}
	bytes("maxSize", r.Size, l.MaxSize)
	bytes("maxTransfer", r.Transfer, l.MaxTransfer)
	if l.MaxLayers != nil {
		list = append(list, most("maxLayers", Count, number(&r.Layers), float64(*l.MaxLayers)))
	}
	if l.MaxFiles != nil {
		list = append(list, most("maxFiles", Count, number(r.Files), float64(*l.MaxFiles)))
	}
	bytes("maxDead", r.Dead, l.MaxDead)
	bytes("maxTare", r.Tare, l.MaxTare)
	bytes("maxWasted", r.Wasted, l.MaxWasted)
	if l.MinEfficiency != nil {
		list = append(list, l.efficiency(r))
	}
	if l.MaxUserWasted != nil {
		wasted := userWasted(r, s)
		list = append(list, most("maxUserWasted", Share, &wasted, *l.MaxUserWasted))
	}
	return list
}

// efficiency checks the efficiency against its minimum, where more is wasted than the floor.
func (l *Budgets) efficiency(r *Report) Budget {
	floor := size.Bytes(defaultFloor)
	if l.EfficiencyFloor != nil {
		floor = *l.EfficiencyFloor
	}
	left := *r.Efficiency - *l.MinEfficiency
	b := Budget{Name: "minEfficiency", Unit: Share, Figure: r.Efficiency, Limit: *l.MinEfficiency, Left: &left, Over: left < 0}
	if *r.Wasted < int64(floor) {
		b.Over = false
		b.Note = fmt.Sprintf("%d bytes wasted, below the floor of %d", *r.Wasted, floor)
	}
	return b
}

// userWasted is dive's: what is wasted as a share of the layers above the
// first.
func userWasted(r *Report, s *layers.Stack) float64 {
	var user int64
	for _, l := range s.Layers[min(1, len(s.Layers)):] {
		user += l.Size
	}
	if user == 0 {
		return 0
	}
	return float64(*r.Wasted) / float64(user)
}
