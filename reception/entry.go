package reception

import (
	"context"

	"github.com/partyline/partyline/bridge"
)

// The most digits of an entry: a meeting number has 2 to 15, a PIN 4 to 12.
const (
	mostExtension = 15
	mostPIN       = 12
)

// collect asks and takes the digits of the answer. The key # or * ends it, as do
// `full` digits and the silence of Config.DigitTimeout after the last one. It is
// empty when nothing was keyed.
func (c *call) collect(ctx context.Context, full int, question []bridge.Source) (string, error) {
	if err := c.tell(ctx, question...); err != nil {
		return "", err
	}
	var digits []byte
	within := c.r.cfg.FirstDigit
	for len(digits) < full {
		key, err := c.next(ctx, within)
		if err != nil {
			return "", err
		}
		switch key {
		case 0, '#', '*':
			return string(digits), nil
		}
		digits = append(digits, key)
		within = c.r.cfg.DigitTimeout
	}
	c.confirmed()
	return string(digits), nil
}

// confirmed is called when an entry has ended by its length: people still press
// the # or * that the prompt asked for, and it must not answer the next question.
func (c *call) confirmed() {
	if !c.typed() {
		c.swallow = true
		return
	}
	if c.ahead[0] == '#' || c.ahead[0] == '*' {
		c.ahead = c.ahead[1:]
	}
}
