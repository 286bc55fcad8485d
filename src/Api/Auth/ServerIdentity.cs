namespace InterCluster.Api.Auth;

/// <summary>What the server itself holds: set once, at the start, before the first call is taken.</summary>
internal sealed class ServerIdentity
{
    private volatile AdminKey? _admin;
    private volatile ServerKey? _key;

    /// <summary>Null before the start: then nobody is the admin.</summary>
    public AdminKey? Admin => _admin;

    /// <summary>Null before the start: then no app token is valid.</summary>
    public ServerKey? Key => _key;

    public void Set(AdminKey admin, ServerKey key)
    {
        _admin = admin;
        _key = key;
    }
}
