package audit

import "fmt"

const (
	// minDead is how many dead bytes of one layer are worth a finding.
	minDead = 1_000_000
	// defaultFloor is how many bytes must be wasted before the efficiency
	// matters; on small images the ratio is noise.
	defaultFloor = 20_000_000
	// lowEfficiency is what dive's users know as the limit.
	lowEfficiency = 0.9
	// minTare and tareRatio say when the container outweighs what it contains.
	minTare   = 50_000_000
	tareRatio = 10
	// mostLayers is how many layers Docker puts on top of each other, and
	// manyLayers how many are near it.
	mostLayers = 125
	manyLayers = 100
)

func checkDead(a *auditor, found func(Finding)) {
	for _, l := range a.stack.Layers {
		if l.Dead >= minDead {
			found(Finding{Layer: l.Index + 1, Bytes: l.Dead, Message: "the layer ships bytes that later layers delete or overwrite"})
		}
	}
}

func checkEfficiency(a *auditor, found func(Finding)) {
	efficiency, wasted := a.stack.Efficiency()
	if efficiency < lowEfficiency && wasted >= defaultFloor {
		found(Finding{Bytes: wasted, Message: fmt.Sprintf("efficiency %.1f %%", efficiency*100)})
	}
}

func checkTare(a *auditor, found func(Finding)) {
	if a.entry == nil {
		return
	}
	net := a.entry.Entry.Inode().Size
	tare := a.stack.Size() - net
	if net > 0 && tare >= minTare && tare/net >= tareRatio {
		found(Finding{Bytes: tare, Message: fmt.Sprintf("%d bytes round each byte of /%s", tare/net, a.entry.Path())})
	}
}

func checkLayers(a *auditor, found func(Finding)) {
	if n := len(a.img.Layers); n > mostLayers {
		found(Finding{Message: fmt.Sprintf("%d layers: Docker takes %d", n, mostLayers)})
	} else if n >= manyLayers {
		found(Finding{Message: fmt.Sprintf("%d layers, Docker takes %d: an image built on this one has room for %d", n, mostLayers, mostLayers-n)})
	}
}

// checkTrailing finds what is hidden after the end of a layer's archive.
func checkTrailing(a *auditor, found func(Finding)) {
	for _, l := range a.stack.Layers {
		if l.Trailing > 0 {
			message := fmt.Sprintf("%d bytes after the end of the layer's archive, which engines transfer but don't read", l.Trailing)
			found(Finding{Layer: l.Index + 1, Bytes: l.Trailing, Message: message})
		}
	}
}

// checkZeros finds large files of which nine tenths are zeros: sparse files,
// which a layer holds with their holes filled in.
func checkZeros(_ *auditor, f *file, found func(Finding)) {
	if f.IsRegular() && f.facts != nil && f.Size >= minDuplicate && f.facts.zeros >= f.Size/10*9 {
		finding := f.at("almost nothing but zeros")
		finding.Bytes = f.Size
		found(finding)
	}
}
