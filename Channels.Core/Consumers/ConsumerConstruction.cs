using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace Channels;

/// <summary>Checks at start that a consumer can be constructed, and disposes one at its end.</summary>
internal static class ConsumerConstruction
{
    /// <summary>Fails when a constructor parameter is neither among the arguments nor a registered service, nor optional.</summary>
    public static void Check([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] Type consumer, object[] arguments, IServiceProvider services)
    {
        if (services.GetService<IServiceProviderIsService>() is not { } known)
        {
            return;
        }

        var constructors = consumer.GetConstructors();
        var missing = constructors.Select(c => c.GetParameters().FirstOrDefault(p =>
            !p.HasDefaultValue && !arguments.Any(p.ParameterType.IsInstanceOfType)
            && !p.IsDefined(typeof(FromKeyedServicesAttribute), inherit: false) && !known.IsService(p.ParameterType))).ToArray();
        if (missing.Length > 0 && missing.All(p => p is not null))
        {
            throw new InvalidOperationException(
                $"{consumer.Name} needs '{missing[0]!.ParameterType.Name} {missing[0]!.Name}' in its constructor, which is not a registered service; register it, or pass it to Consumer.Of.");
        }
    }

    public static ValueTask DisposeAsync(Consumer consumer)
    {
        switch (consumer)
        {
            case IAsyncDisposable asynchronous:
                return asynchronous.DisposeAsync();
            case IDisposable synchronous:
                synchronous.Dispose();
                break;
        }

        return ValueTask.CompletedTask;
    }
}
