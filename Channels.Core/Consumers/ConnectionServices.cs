using Microsoft.Extensions.DependencyInjection;

namespace Channels;

/// <summary>
/// The services of one connection: a dependency-injection scope that is made when the first service is asked for, so
/// that a consumer without services costs none. Thread-safe.
/// </summary>
internal sealed class ConnectionServices(IServiceScopeFactory factory) : IKeyedServiceProvider, IAsyncDisposable
{
    private IServiceScope? _scope;
    private bool _disposed;

    // Scopes made from here are the host's: asking for the factory needs no scope of the connection's own.
    public object? GetService(Type serviceType) => serviceType == typeof(IServiceScopeFactory) ? factory
        : serviceType == typeof(IServiceProvider) ? this
        : Scope().GetService(serviceType);

    public object? GetKeyedService(Type serviceType, object? serviceKey) => Keyed().GetKeyedService(serviceType, serviceKey);

    public object GetRequiredKeyedService(Type serviceType, object? serviceKey) => Keyed().GetRequiredKeyedService(serviceType, serviceKey);

    public ValueTask DisposeAsync()
    {
        lock (this) // nobody else sees an object of this class but through its interfaces, and none of them locks it
        {
            _disposed = true;
            return _scope is { } scope ? new AsyncServiceScope(scope).DisposeAsync() : ValueTask.CompletedTask;
        }
    }

    private IKeyedServiceProvider Keyed() => Scope() as IKeyedServiceProvider
        ?? throw new InvalidOperationException("The host's services have no keyed services.");

    private IServiceProvider Scope()
    {
        lock (this)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(IServiceProvider));
            return (_scope ??= factory.CreateScope()).ServiceProvider;
        }
    }
}
