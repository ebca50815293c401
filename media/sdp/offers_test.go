package sdp

// Offers as devices and programs send them (addresses changed to those of
// RFC 5737 and RFC 3849), also the seeds of the fuzz tests.

const offerSipp = `v=0
o=user1 53655765 2353687637 IN IP4 192.0.2.1
s=-
c=IN IP4 192.0.2.1
t=0 0
m=audio 6000 RTP/AVP 0
a=rtpmap:0 PCMU/8000
`

const offerStaticOnly = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 18 9 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"

const offerCisco = "v=0\r\n" +
	"o=Cisco-SIPUA 11532 0 IN IP4 192.0.2.7\r\ns=SIP Call\r\nb=AS:4064\r\nt=0 0\r\n" +
	"m=audio 22144 RTP/AVP 114 9 124 0 8 116 18 101\r\n" +
	"c=IN IP4 192.0.2.7\r\nb=TIAS:64000\r\n" +
	"a=rtpmap:114 opus/48000/2\r\na=fmtp:114 maxplaybackrate=16000;sprop-maxcapturerate=16000;maxaveragebitrate=64000;stereo=0;sprop-stereo=0;usedtx=0\r\n" +
	"a=rtpmap:9 G722/8000\r\na=rtpmap:124 ISAC/16000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:116 iLBC/8000\r\na=fmtp:116 mode=20\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=yes\r\n" +
	"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=trafficclass:conversational.audio.aq:admitted\r\na=sendrecv\r\n" +
	"m=video 22146 RTP/AVP 100 126 97\r\nc=IN IP4 192.0.2.7\r\nb=TIAS:4000000\r\na=rtpmap:100 H264/90000\r\na=fmtp:100 profile-level-id=640C16;packetization-mode=1\r\na=rtpmap:126 H264/90000\r\na=rtpmap:97 H264/90000\r\na=rtcp-fb:* nack pli\r\na=label:11\r\na=sendrecv\r\n" +
	"m=application 22148 UDP/BFCP *\r\nc=IN IP4 192.0.2.7\r\na=floorctrl:c-s\r\na=setup:actpass\r\na=connection:new\r\n" +
	"m=application 22150 RTP/AVP 125\r\nc=IN IP4 192.0.2.7\r\na=rtpmap:125 H224/4800\r\na=sendrecv\r\n"

const offerPolycom = "v=0\r\no=- 1369241842 1369241842 IN IP4 192.0.2.20\r\ns=Polycom IP Phone\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\na=sendrecv\r\n" +
	"m=audio 2222 RTP/SAVP 9 0 8 127\r\n" +
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n" +
	"a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj\r\n" +
	"a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:127 telephone-event/8000\r\n" +
	"m=audio 2222 RTP/AVP 9 0 8 127\r\n" +
	"a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:127 telephone-event/8000\r\n"

const offerAsterisk = "v=0\r\no=- 1936124873 1936124873 IN IP4 192.0.2.30\r\ns=Asterisk\r\nc=IN IP4 192.0.2.30\r\nt=0 0\r\n" +
	"m=audio 17412 RTP/AVP 107 9 8 0 101 113\r\na=rtpmap:107 opus/48000/2\r\na=fmtp:107 useinbandfec=1\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n" +
	"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=rtpmap:113 telephone-event/48000\r\na=fmtp:113 0-16\r\na=ptime:20\r\na=maxptime:60\r\na=sendrecv\r\n"

const offerFreeSwitch = "v=0\r\no=FreeSWITCH 1702467890 1702467891 IN IP4 192.0.2.40\r\ns=FreeSWITCH\r\nc=IN IP4 192.0.2.40\r\nt=0 0\r\n" +
	"m=audio 28374 RTP/AVP 102 9 0 8 103 101 13\r\na=rtpmap:102 opus/48000/2\r\na=fmtp:102 useinbandfec=1; usedtx=1; maxaveragebitrate=30000; maxplaybackrate=48000; ptime=20; minptime=10; maxptime=40\r\n" +
	"a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:103 telephone-event/48000\r\na=fmtp:103 0-16\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=rtpmap:13 CN/8000\r\na=ptime:20\r\na=rtcp:28375 IN IP4 192.0.2.40\r\n"

const offerBaresip = "v=0\r\no=- 3862149374 1234567890 IN IP4 192.0.2.50\r\ns=-\r\nc=IN IP4 192.0.2.50\r\nt=0 0\r\na=tool:baresip 1.0.0\r\n" +
	"m=audio 10000 RTP/AVP 96 9 0 8 101\r\nb=AS:125\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 stereo=1;sprop-stereo=1;maxaveragebitrate=28000\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n" +
	"a=rtcp:10001\r\na=rtcp-mux\r\na=sendrecv\r\na=label:1\r\na=rtcp-rsize\r\na=ssrc:2693341398 cname:sip:a@192.0.2.50\r\na=ptime:20\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR\r\na=crypto:2 AEAD_AES_128_GCM inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaQ==\r\n" +
	"m=video 10002 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\na=sendrecv\r\n"

const offerLinphone = "v=0\r\no=alice 2890 2145 IN IP6 2001:db8::7\r\ns=Talk\r\nc=IN IP6 2001:db8::7\r\nt=0 0\r\na=rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics\r\na=record:off\r\n" +
	"m=audio 7078 RTP/SAVPF 96 97 98 0 8 101 99 100\r\na=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\na=rtpmap:97 speex/16000\r\na=fmtp:97 vbr=on\r\na=rtpmap:98 speex/8000\r\na=fmtp:98 vbr=on\r\na=rtpmap:101 telephone-event/48000\r\na=rtpmap:99 telephone-event/16000\r\na=rtpmap:100 telephone-event/8000\r\n" +
	"a=crypto:1 AES_256_CM_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\r\na=crypto:7 AEAD_AES_256_GCM inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ=|2^48\r\n" +
	"a=rtcp-fb:* trr-int 5000\r\na=rtcp-fb:* ccm tmmbr\r\n"

const offerBrowser = "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n" +
	"m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\nc=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\na=fingerprint:sha-256 0F:74:31:25:CB:A2:13:EC:28:6F:6D:2C:61:FF:5D:C2:BC:B9:DB:3D:98:14:8D:1A:BB:EA:33:0C:A4:60:A8:8E\r\na=setup:actpass\r\na=mid:0\r\na=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\n" +
	"m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\na=mid:1\r\na=rtpmap:96 VP8/90000\r\n" +
	"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:2\r\na=sctp-port:5000\r\n"

const offerGateway = "v=0\r\no=- 1 2 IN IP4 192.0.2.60\r\ns=-\r\nc=IN IP4 192.0.2.60\r\nt=0 0\r\n" +
	"m=image 4000 udptl t38\r\na=T38FaxVersion:0\r\n" +
	"m=video 0 RTP/AVP 31\r\n" +
	"m=audio 4002 UDP/TLS/RTP/SAVPF 111\r\n" +
	"m=audio 4004 RTP/AVPF 97 96 98\r\na=rtpmap:97 PCMA/8000\r\na=rtpmap:96 telephone-event/8000\r\na=extmap:3/sendonly urn:ietf:params:rtp-hdrext:ssrc-audio-level vad=on\r\na=ptime:30\r\n" +
	"m=audio 4006 RTP/AVP 0\r\n" +
	"m=application 4008 TCP/BFCP *\r\n"

const offerT38 = "v=0\r\no=- 1 3 IN IP4 192.0.2.60\r\ns=-\r\nc=IN IP4 192.0.2.60\r\nt=0 0\r\nm=image 4000 udptl t38\r\na=T38FaxVersion:0\r\n"

// offerBare leaves out what it can, ends its lines with LF and the last with
// nothing, and has a multicast TTL.
const offerBare = "m=audio 5004 RTP/AVP 8\nc=IN IP4 192.0.2.70/127\na=ptime: 40 "

const offerSavp = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 6000 RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^31|1:1\r\n"

var offers = []string{
	offerSipp, offerStaticOnly, offerCisco, offerPolycom, offerAsterisk, offerFreeSwitch, offerBaresip,
	offerLinphone, offerBrowser, offerGateway, offerT38, offerBare, offerSavp,
}
