namespace Channels.Tests.Consumers;

/// <summary>A provider of a few instances by their type, without scopes: the bare minimum a consumer runs on.</summary>
internal sealed class OneService(params object[] instances) : IServiceProvider
{
    public object? GetService(Type serviceType) => Array.Find(instances, serviceType.IsInstanceOfType);
}
