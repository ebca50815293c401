package main

import "strings"

// page looks at what keeps browsers from lending their microphones.
func (x *examination) page() {
	web := x.cfg.Web
	switch {
	case web.Listen.Off():
	case web.Listen.Scheme == "https" && web.TLS.CertFile == "" && web.Listen.Port != 443 && web.Listen.Port != 0:
		x.add("page", warning, "certificates by ACME need port 443 from outside, and web.listen is %s", web.Listen).advise("listen at https://:443, map port 443 to it, or give web.tls.cert_file and key_file")
	case !isSecure(x.cfg) && !isLoopback(web.Listen):
		x.add("page", warning, "%s is no HTTPS: browsers lend their microphones to pages from localhost only", web.Listen).advise("web: {listen: \"https://:443\", tls: {acme: {email: …}}}, or a proxy with HTTPS before it and web.url")
	default:
		x.add("page", fine, "%s", strings.TrimRight(pageURL(x.cfg, ""), "/")+"/")
	}
	if web.URL != "" && len(web.Proxies) == 0 {
		x.add("page", warning, "web.url names a proxy, but web.proxies is empty: all browsers count as one source").advise("web.proxies: [the address of the proxy]")
	}
}
