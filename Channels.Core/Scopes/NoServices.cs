namespace Channels;

/// <summary>A provider that knows no service, for scopes made outside a host.</summary>
internal sealed class NoServices : IServiceProvider
{
    public static NoServices Instance { get; } = new();

    public object? GetService(Type serviceType) => null;
}
