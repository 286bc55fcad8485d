using System.Net;
using InterCluster.Core.Egress;

namespace InterCluster.Core.Tests.Egress;

/// <summary>RELIABILITY X01 to X05, X08, X09, X17: what is refused when a URL is given.</summary>
public sealed class EgressTests
{
    private static readonly EgressPolicy Open = new(["hooks.internal", "*.svc.cluster.local", "10.1.2.3"], [IPNetwork.Parse("10.20.0.0/16")], [443, 8443]);

    [Theory]
    [InlineData("https://example.com")]
    [InlineData("https://example.com/")]
    [InlineData("https://Example.COM:443/a/b?c=d&e=%20f")]
    [InlineData("https://xn--bcher-kva.example/hook")]
    [InlineData("https://8.8.8.8/hook")]
    [InlineData("https://[2606:4700::1111]/hook")]
    [InlineData("https://a-b.c_d.example/x?y=@z")]
    public void Public_URLs_are_accepted(string url)
    {
        Assert.True(EgressTarget.TryParse(url, out EgressTarget? target, out string? error), error);
        Assert.Null(EgressPolicy.Strict.WhyNot(target));
    }

    [Theory] // X04, X09: two readers could take these for two things
    [InlineData("https://ok@127.0.0.1/")]
    [InlineData("https://ok:pass@example.com/")]
    [InlineData("https://@example.com/")]
    [InlineData("https://example.com#@evil.example")]
    [InlineData("https://example.com\\@evil.example/")]
    [InlineData("https:\\\\example.com/")]
    [InlineData("https:/example.com/")]
    [InlineData("https:example.com/")]
    [InlineData("https:///example.com/")]
    [InlineData(" https://example.com/")]
    [InlineData("https://example.com/ ")]
    [InlineData("https://exa\tmple.com/")]
    [InlineData("https://example.com/\r\nX: y")]
    [InlineData("https://example.com/\0")]
    [InlineData("https://bücher.example/")]
    [InlineData("https://①②⑦.⓪.⓪.①/")]
    [InlineData("https://example。com/")]
    [InlineData("https://2130706433/")]
    [InlineData("https://0x7f.1/")]
    [InlineData("https://0x7f000001/")]
    [InlineData("https://0177.0.0.1/")]
    [InlineData("https://127.1/")]
    [InlineData("https://127.0.0.01/")]
    [InlineData("https://127.0.0.1./")]
    [InlineData("https://localhost./")]
    [InlineData("https://example.com./")]
    [InlineData("https://example..com/")]
    [InlineData("https://-example.com/")]
    [InlineData("https://%6c%6f%63alhost/")]
    [InlineData("https://[::1/")]
    [InlineData("https://[fe80::1%25eth0]/")]
    [InlineData("https://[::1]evil.example/")]
    [InlineData("https://example.com:/")]
    [InlineData("https://example.com:0/")]
    [InlineData("https://example.com:0443/")]
    [InlineData("https://example.com:65536/")]
    [InlineData("https://example.com:443:443/")]
    [InlineData("ftp://example.com/")]
    [InlineData("file:///etc/passwd")]
    [InlineData("gopher://example.com/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("//example.com/")]
    [InlineData("example.com")]
    [InlineData("")]
    public void What_can_be_read_in_two_ways_is_refused(string url)
    {
        Assert.False(EgressTarget.TryParse(url, out _, out string? error));
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData("http://example.com/")]
    [InlineData("https://example.com:80/")]
    [InlineData("https://example.com:22/")]
    [InlineData("https://example.com:8443/")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("https://10.20.1.1/")]
    [InlineData("https://169.254.169.254/latest/meta-data")]
    [InlineData("https://[::1]/")]
    [InlineData("https://[::ffff:127.0.0.1]/")]
    [InlineData("https://[64:ff9b::7f00:1]/")]
    [InlineData("https://[fd00:ec2::254]/")]
    [InlineData("https://localhost/")]
    [InlineData("https://foo.localhost/")]
    [InlineData("https://printer/")]
    [InlineData("https://printer.local/")]
    [InlineData("https://hooks.internal/")]
    [InlineData("https://a.svc.cluster.local/")]
    [InlineData("https://metadata.google.internal/")]
    public void What_is_not_public_is_refused_by_default(string url)
    {
        Assert.True(EgressTarget.TryParse(url, out EgressTarget? target, out string? error), error);
        Assert.NotNull(EgressPolicy.Strict.WhyNot(target));
    }

    [Theory]
    [InlineData("http://hooks.internal:8000/x")]
    [InlineData("http://a.b.svc.cluster.local/x")]
    [InlineData("http://10.1.2.3:9000/")]
    [InlineData("https://10.20.1.1/")]
    [InlineData("https://10.20.1.1:8443/")]
    [InlineData("https://example.com:8443/")]
    public void The_operator_opens_hosts_networks_and_ports(string url)
    {
        Assert.True(EgressTarget.TryParse(url, out EgressTarget? target, out string? error), error);
        Assert.Null(Open.WhyNot(target));
    }

    [Theory]
    [InlineData("http://10.20.1.1/")]
    [InlineData("https://10.21.1.1/")]
    [InlineData("https://svc.cluster.local/")]
    [InlineData("https://evilsvc.cluster.local/")]
    [InlineData("https://example.com:8444/")]
    public void And_opens_nothing_beside_them(string url)
    {
        Assert.True(EgressTarget.TryParse(url, out EgressTarget? target, out string? error), error);
        Assert.NotNull(Open.WhyNot(target));
    }

    [Theory] // X05
    [InlineData("169.254.169.254")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("fd00:ec2::254")]
    [InlineData("100.100.100.200")]
    public void No_setting_opens_what_gives_out_credentials(string address)
    {
        var everything = new EgressPolicy(["hooks.internal", address], [IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")], [443]);
        Assert.True(EgressTarget.TryParse("https://hooks.internal/", out EgressTarget? target, out _));

        Assert.True(everything.Allows(target, IPAddress.Parse("10.0.0.1")));
        Assert.False(everything.Allows(target, IPAddress.Parse(address)));
    }

    [Fact]
    public void A_trusted_name_may_lead_to_a_private_address_and_another_name_may_not()
    {
        Assert.True(EgressTarget.TryParse("http://hooks.internal/", out EgressTarget? trusted, out _));
        Assert.True(EgressTarget.TryParse("https://example.com/", out EgressTarget? other, out _));

        Assert.True(Open.Allows(trusted, IPAddress.Parse("192.168.1.1")));
        Assert.False(Open.Allows(other, IPAddress.Parse("192.168.1.1")));
        Assert.True(Open.Allows(other, IPAddress.Parse("10.20.1.1")));
        Assert.True(Open.Allows(other, IPAddress.Parse("::ffff:10.20.1.1")));
        Assert.True(Open.Allows(other, IPAddress.Parse("8.8.8.8")));
    }
}
