// Package compare compares images: their sizes, the layers they share, the cost of
// storing and pulling them on many machines, and the differences between two.
package compare

import (
	"time"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	"devops-go/internal/layers"
)

// An Item is one image of a [Comparison].
type Item struct {
	layers.Weight
	// SharedSize and SharedTransfer are the bytes of the layers that the first
	// image has, too, each counted once.
	SharedLayers   int    `json:"sharedLayers"`
	SharedSize     *int64 `json:"sharedSize"`
	SharedTransfer *int64 `json:"sharedTransfer"`
	// Reduction is the part of the largest image's size that this one saves.
	Reduction         *float64 `json:"reduction"`
	TransferReduction *float64 `json:"transferReduction"`
	Fleet             Cost     `json:"fleet"`
}

// A Comparison is images side by side.
type Comparison struct {
	Images []Item `json:"images"`
	Fleet  Fleet  `json:"fleet"`
}

// A Fleet is the machines that an image runs on.
type Fleet struct {
	Nodes       int64 `json:"nodes"`
	PullsPerDay int64 `json:"pullsPerDay"`
	// Link is the bandwidth of one machine in bits a second.
	Link int64 `json:"linkBitsPerSecond"`
}

// A Cost is what an image takes in a fleet: the bytes on the disks of all
// nodes, the bytes moved a day, and how long one pull takes.
type Cost struct {
	Storage         *int64   `json:"storage"`
	BandwidthPerDay *int64   `json:"bandwidthPerDay"`
	PullSeconds     *float64 `json:"pullSeconds"`
}

// PullTime is PullSeconds as a duration.
func (c Cost) PullTime() time.Duration { return time.Duration(*c.PullSeconds * float64(time.Second)) }

// A Subject is an image to compare: its weight and its layers, oldest first.
type Subject struct {
	Weight layers.Weight
	Layers []LayerWeight
}

// A LayerWeight is a layer as far as a comparison goes.
type LayerWeight struct {
	// ID is the diff ID, which two sources agree on however they store the
	// layer; the digest where there is none.
	ID       digest.Digest
	Size     *int64
	Transfer *int64
}

// NewSubject returns what is to be compared of the image. The stack is nil
// where its layers weren't read.
func NewSubject(img *image.Image, stack *layers.Stack, w layers.Weight) Subject {
	subject := Subject{Weight: w}
	for i, l := range img.Layers {
		lw := LayerWeight{ID: l.DiffID}
		if lw.ID.IsZero() {
			lw.ID = l.Descriptor.Digest
		}
		if stack != nil {
			lw.Size = &stack.Layers[i].Size
		}
		if transfer, ok := l.Transfer(); ok {
			lw.Transfer = &transfer
		}
		subject.Layers = append(subject.Layers, lw)
	}
	return subject
}

// Compare sets the images side by side.
func Compare(subjects []Subject, fleet Fleet) Comparison {
	c := Comparison{Fleet: fleet}
	var sizes, transfers []*int64
	for _, s := range subjects {
		sizes, transfers = append(sizes, s.Weight.Size), append(transfers, s.Weight.Transfer)
	}
	largest, slowest := largest(sizes), largest(transfers)
	for _, s := range subjects {
		item := Item{
			Weight:            s.Weight,
			Reduction:         reduction(s.Weight.Size, largest),
			TransferReduction: reduction(s.Weight.Transfer, slowest),
			Fleet:             fleet.cost(s.Weight),
		}
		item.share(subjects[0].Layers, s.Layers)
		c.Images = append(c.Images, item)
	}
	return c
}

// largest returns the largest of list, 0 where one of them isn't known, which
// may be it.
func largest(list []*int64) int64 {
	var most int64
	for _, n := range list {
		if n == nil {
			return 0
		}
		most = max(most, *n)
	}
	return most
}

func value(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func reduction(size *int64, largest int64) *float64 {
	if size == nil || largest == 0 {
		return nil
	}
	saved := 1 - float64(*size)/float64(largest)
	return &saved
}

// share counts what list has in common with first.
func (item *Item) share(first, list []LayerWeight) {
	theirs := map[digest.Digest]bool{}
	for _, l := range first {
		theirs[l.ID] = !l.ID.IsZero()
	}
	var size, transfer total
	for _, l := range list {
		if theirs[l.ID] {
			theirs[l.ID] = false // counted
			item.SharedLayers++
			size.add(l.Size)
			transfer.add(l.Transfer)
		}
	}
	item.SharedSize, item.SharedTransfer = size.known(), transfer.known()
}

// A total is a sum that is unknown once a part of it is.
type total struct {
	sum     int64
	unknown bool
}

func (t *total) add(n *int64) {
	t.unknown = t.unknown || n == nil
	t.sum += value(n)
}

func (t *total) known() *int64 {
	if t.unknown {
		return nil
	}
	return &t.sum
}

func (f Fleet) cost(w layers.Weight) Cost {
	var c Cost
	if w.Size != nil {
		storage := *w.Size * f.Nodes
		c.Storage = &storage
	}
	if w.Transfer != nil {
		bandwidth := *w.Transfer * f.PullsPerDay
		seconds := float64(*w.Transfer) * 8 / float64(f.Link)
		c.BandwidthPerDay, c.PullSeconds = &bandwidth, &seconds
	}
	return c
}
