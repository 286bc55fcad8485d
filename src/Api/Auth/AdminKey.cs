using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using InterCluster.Core.Identity;

namespace InterCluster.Api.Auth;

/// <summary>The server's admin key: 256 random bits behind a recognisable prefix, compared in constant time.</summary>
internal sealed class AdminKey
{
    public const string Prefix = "ic-admin-";
    private const int RandomBytes = 32;
    private const int Length = 9 + 43;

    private readonly string _value;

    public AdminKey(string value)
    {
        if (!IsWellFormed(value))
        {
            throw new ArgumentException("Not an admin key.", nameof(value));
        }

        _value = value;
    }

    public static Caller Caller { get; } = new() { Project = "", KeyId = "admin", Name = "admin", Scopes = Scopes.Admin, IsServerAdmin = true };

    public static string Generate() => Prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(RandomBytes));

    public static bool IsWellFormed(string value) =>
        value.Length == Length && value.StartsWith(Prefix, StringComparison.Ordinal) && Base64Url.IsValid(value.AsSpan(Prefix.Length));

    /// <summary>True for a token that can only be meant as an admin key.</summary>
    public static bool LooksLike(ReadOnlySpan<char> token) => token.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Takes as long for a wrong key of the right length as for the right one.</summary>
    public bool Matches(ReadOnlySpan<char> token) =>
        CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(token), MemoryMarshal.AsBytes(_value.AsSpan()));
}
