using System.Net;
using CsCheck;
using InterCluster.Core.Egress;

namespace InterCluster.Core.Tests.Egress;

/// <summary>RELIABILITY X01, X02, X03, X05 and C7: the classifier against a table of prefixes written down apart from it, as bits.</summary>
public sealed class AddressRulesTests
{
    // From the IANA special-purpose registries and RFC 5735/6890, as (first octets, length): not the notation nor the type that the classifier uses.
    private static readonly (uint Network, int Length)[] Special4 =
    [
        (0x00000000, 8), (0x0A000000, 8), (0x64400000, 10), (0x7F000000, 8), (0xA9FE0000, 16), (0xAC100000, 12), (0xC0000000, 24), (0xC0000200, 24),
        (0xC0586300, 24), (0xC0A80000, 16), (0xC6120000, 15), (0xC6336400, 24), (0xCB007100, 24), (0xE0000000, 4), (0xF0000000, 4), (0xA83F8110, 32),
    ];

    private static readonly Gen<uint> Numbers = Gen.Frequency<uint>(
        (3, Gen.UInt),
        (1, Gen.Select(Gen.OneOf(Special4), Gen.UInt, (special, any) => special.Network | (special.Length == 32 ? 0 : any >> special.Length))),
        (1, Gen.Select(Gen.OneOf(Special4), Gen.Int[-2, 2], (special, off) => (uint)(special.Network + off))));

    [Fact]
    public void The_verdict_on_an_IPv4_address_is_the_tables()
    {
        Numbers.Sample(number => Assert.Equal(!IsSpecial(number), AddressRules.IsPublic(V4(number))), iter: 1_000_000, threads: 1);
    }

    [Fact]
    public void Every_spelling_of_an_address_has_the_verdict_of_the_address()
    {
        Numbers.Sample(
            number =>
            {
                bool expected = AddressRules.IsPublic(V4(number));
                string quad = V4(number).ToString();
                string hex = $"{number >> 16:x}:{number & 0xFFFF:x}";
                foreach (string text in new[] { $"::ffff:{quad}", $"0:0:0:0:0:ffff:{hex}", $"64:ff9b::{quad}", $"2002:{hex}::", $"2002:{hex}:1::5", $"2a00:1450::5efe:{hex}", $"2a00:1450::200:5efe:{hex}" })
                {
                    Assert.True(expected == AddressRules.IsPublic(IPAddress.Parse(text)), text);
                }
            },
            iter: 50_000, threads: 1);
    }

    [Fact]
    public void The_verdict_on_an_IPv6_address_is_the_tables()
    {
        Gen<byte[]> addresses = Gen.Frequency<byte[]>(
            (2, Gen.Byte.Array[16]),
            (2, Gen.Byte.Array[16].Select(b => (byte[])[0x20, .. b[1..]])),
            (1, Gen.Byte.Array[16].Select(b => (byte[])[0x20, 0x01, .. b[2..]])),
            (1, Gen.Byte.Array[16].Select(b => (byte[])[0x3F, 0xFF, .. b[2..]])));
        addresses.Sample(
            bytes =>
            {
                // Carriers of other addresses have a test of their own.
                if ((bytes[0] == 0x20 && bytes[1] == 0x02) || (bytes[9] == 0 && bytes[10] == 0x5E && bytes[11] == 0xFE))
                {
                    return;
                }

                bool global = bytes[0] >> 5 == 1;
                bool protocols = bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] >> 1 == 0;
                bool documentation = (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0D && bytes[3] == 0xB8)
                    || (bytes[0] == 0x3F && bytes[1] == 0xFF && bytes[2] >> 4 == 0);
                Assert.Equal(global && !protocols && !documentation, AddressRules.IsPublic(new IPAddress(bytes)));
            },
            iter: 300_000, threads: 1);
    }

    [Theory]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::127.0.0.1")]
    [InlineData("::8.8.8.8")] // IPv4-compatible: deprecated, never public
    [InlineData("::ffff:0:8.8.8.8")] // SIIT
    [InlineData("64:ff9b:1::8.8.8.8")] // NAT64 for local use
    [InlineData("2001:0:5ef5:79fd::1")] // Teredo
    [InlineData("2001:20::1")]
    [InlineData("2001:db8::1")]
    [InlineData("3fff::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%1")]
    [InlineData("2a00:1450::1%1")]
    [InlineData("fec0::1")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fd20:ce::254")]
    [InlineData("ff02::1")]
    [InlineData("5f00::1")]
    [InlineData("100::1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::a9fe:a9fe")]
    [InlineData("2002:7f00:1::")]
    [InlineData("fe80::200:5efe:8.8.8.8")] // ISATAP around a public address, on a link-local one
    [InlineData("168.63.129.16")]
    [InlineData("100.100.100.200")]
    [InlineData("192.0.0.192")]
    [InlineData("255.255.255.255")]
    public void These_are_not_public(string address) => Assert.False(AddressRules.IsPublic(IPAddress.Parse(address)));

    [Theory]
    [InlineData("8.8.8.8")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("2a00:1450:4001:81b::200e")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:8.8.8.8")]
    public void These_are_public(string address) => Assert.True(AddressRules.IsPublic(IPAddress.Parse(address)));

    private static bool IsSpecial(uint number) => Special4.Any(s => number >> (32 - s.Length) == s.Network >> (32 - s.Length));

    private static IPAddress V4(uint number) => new([(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number]);
}
